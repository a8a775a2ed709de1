import type { Message } from "../../../broadcast/channel.ts";
import type { OwnTexts } from "../../../broadcast/ports.ts";
import { truncateField } from "./fields.ts";
import { cutsOwnTexts, readOptions } from "./options.ts";

/**
 * Makes the JSON body for one recipient; all parts that are the same for everybody are serialised once, here.
 */
export function createSubscribeBody(message: Message): (openId: string, own?: OwnTexts) => string {
  const { templateId, page, fields } = message;
  const { lang, miniprogramState } = readOptions(message.options ?? {});
  const rest = JSON.stringify({ template_id: templateId, lang, miniprogram_state: miniprogramState }).slice(
    1,
  );
  const openings = fields.map(({ name }, index) => `${index ? "," : ""}${JSON.stringify(name)}:{"value":`);
  const texts = fields.map(({ value }) => JSON.stringify(value));
  const cut = cutsOwnTexts(message)
    ? (name: string, value: string) => truncateField({ name, value }).value
    : (_: string, value: string) => value;
  const dataOf = (values: OwnTexts["values"]) => {
    const parts = openings.map((opening, index) => {
      const value = values[index];
      return `${opening}${value === undefined ? texts[index] : JSON.stringify(cut(fields[index]!.name, value))}}`;
    });
    return `"data":{${parts.join("")}},`;
  };
  const pageOf = (path: string | undefined) => (path === undefined ? "" : `"page":${JSON.stringify(path)},`);
  const same = `${pageOf(page)}${dataOf([])}${rest}`;
  const ownPart = (own: OwnTexts) => `${pageOf(own.page ?? page)}${dataOf(own.values)}${rest}`;
  return (openId, own) => `{"touser":${JSON.stringify(openId)},${own ? ownPart(own) : same}`;
}
