import type { Message } from "../../broadcast/channel.ts";
import type { OwnTexts } from "../../broadcast/ports.ts";

/** Makes `data` for one recipient, `{"keyword1":{"value":"..."}}` as JSON; parts common to all are serialised once, here. */
export function createOwnData({ fields }: Message): (own: OwnTexts) => string {
  const names = fields.map(({ name }) => `${JSON.stringify(name)}:{"value":`);
  const values = fields.map(({ value }) => JSON.stringify(value));
  return (own) => {
    const data = names.map((name, i) => {
      const value = own.values[i];
      return `${name}${value === undefined ? values[i] : JSON.stringify(value)}}`;
    });
    return `{${data.join(",")}}`;
  };
}
