import type { Message } from "../../broadcast/channel.ts";
import type { Addressee, OwnTexts } from "../../broadcast/ports.ts";
import { createOwnData } from "../errcode/own-data.ts";
import { SCENE_TYPES, type WireSubscribeForm, type WireTemplateForm } from "./wire.ts";

/** The parameters specific to one recipient, in the order in which they are sent. */
export type Addressing = (to: Addressee) => Record<string, string>;

/**
 * The recipient and the code of a template message. The last character of a form's code says who submitted it: 0 a guest,
 * identified by a swan_id; 1 a logged-in user, identified by an openId; a payment is always a user's. Source: the vendor's
 * page on template/send.
 */
export function addressTemplate({
  openId,
  formId,
  scene = SCENE_TYPES.form,
}: Addressee): Pick<WireTemplateForm, "touser" | "touser_openId" | "scene_id" | "scene_type"> {
  const isGuest = scene === SCENE_TYPES.form && formId.endsWith("0");
  const to = isGuest ? { touser: openId } : { touser_openId: openId };
  return { ...to, scene_id: formId, scene_type: String(scene) as WireTemplateForm["scene_type"] };
}

export function addressSubscriber({
  openId,
  formId,
}: Addressee): Pick<WireSubscribeForm, "touser_openId" | "subscribe_id"> {
  return { touser_openId: openId, subscribe_id: formId };
}

/** All parameters for one recipient. */
export function createParameters(
  message: Message,
  address: Addressing,
): (to: Addressee) => Record<string, string> {
  const dataOf = createOwnData(message);
  return (to) => ({ ...address(to), ...restOf(message, dataOf, to.own) });
}

/** The form body for one recipient; all parts that are the same for everybody are encoded once, here. */
export function createFormBody(message: Message, address: Addressing): (to: Addressee) => string {
  const dataOf = createOwnData(message);
  const same = encode(restOf(message, dataOf, undefined));
  return (to) => `${encode(address(to))}&${to.own ? encode(restOf(message, dataOf, to.own)) : same}`;
}

function restOf(
  { templateId, page }: Message,
  dataOf: (own: OwnTexts) => string,
  own: OwnTexts | undefined,
): Record<string, string> {
  const where = own?.page ?? page;
  return {
    template_id: templateId,
    data: dataOf(own ?? { values: [] }),
    ...(where === undefined ? {} : { page: where }),
  };
}

function encode(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}
