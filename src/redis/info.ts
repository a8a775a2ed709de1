/** Reads a field of INFO's answer; an empty text where it is not there. */
export type InfoField = (name: string) => string;

export function fieldsOfInfo(info: string): InfoField {
  return (name) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
}
