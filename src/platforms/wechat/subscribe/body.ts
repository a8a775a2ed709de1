import type { Message } from "../../../broadcast/channel.ts";
import type { OwnTexts } from "../../../broadcast/ports.ts";
import { type BodyFor, createJsonBody } from "../../errcode/json-body.ts";
import { truncateField } from "./fields.ts";
import { cutsOwnTexts, readOptions } from "./options.ts";

/** Makes the body for one recipient, whose own texts are cut to what their fields take if the message says so. */
export function createSubscribeBody(message: Message): BodyFor {
  const { lang, miniprogramState } = readOptions(message.options ?? {});
  const bodyFor = createJsonBody(message, {
    head: ({ openId }) => `"touser":${JSON.stringify(openId)}`,
    same: { lang, miniprogram_state: miniprogramState },
  });
  if (!cutsOwnTexts(message)) return bodyFor;
  const cut = ({ values, page }: OwnTexts): OwnTexts => ({
    page,
    values: values.map((value, i) => value && truncateField({ name: message.fields[i]!.name, value }).value),
  });
  return (to) => bodyFor(to.own === undefined ? to : { ...to, own: cut(to.own) });
}
