/** Reads a field of the reply to INFO; an empty string if it is missing. */
export type InfoField = (name: string) => string;

export function fieldsOfInfo(info: string): InfoField {
  return (name) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
}
