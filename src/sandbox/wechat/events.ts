/** The account's own id, in every event. */
const ACCOUNT = "gh_sandbox";

/** The part of an event about one template, with fields in the vendor's order. */
export type EventItem = Record<string, string>;

export type EventName =
  | "subscribe_msg_popup_event"
  | "subscribe_msg_change_event"
  | "subscribe_msg_sent_event";

/** An event of a user. Events of one user are distinguished by time and name. */
export interface PlatformEvent {
  openId: string;
  name: EventName;
  items: EventItem[];
  createdSec: number;
}

/** The choice of a user in the prompt, or a withdrawal in the settings. */
export function choiceItem(templateId: string, status: string, isPopup: boolean): EventItem {
  const item = { TemplateId: templateId, SubscribeStatusString: status };
  // Scene 0: a page of the mini program.
  return isPopup ? { ...item, PopupScene: "0" } : item;
}

/** The result of a message. A code other than 0 is a failure of the platform's delivery; the codes are not documented. */
export function receiptItem(templateId: string, msgid: string, errcode: number): EventItem {
  const status = errcode === 0 ? "success" : "system error";
  return { TemplateId: templateId, MsgID: msgid, ErrorCode: String(errcode), ErrorStatus: status };
}

/** In JSON: one item is an object, several are an array, always named List. */
export function renderJsonEvent({ openId, name, items, createdSec }: PlatformEvent): string {
  const List = items.length === 1 ? items[0] : items;
  return JSON.stringify({ ...jsonHead(openId, createdSec), Event: name, List });
}

/** In XML: one List per item. `padding` surrounds the ids, like the line breaks in the vendor's examples. */
export function renderXmlEvent({ openId, name, items, createdSec }: PlatformEvent, padding = ""): string {
  const wrapper = { popup: "Popup", change: "Change", sent: "Sent" }[name.split("_")[2] ?? ""];
  const lists = items.map((item) => ` <List>${renderFields(item, padding)}</List>\n`).join("");
  return `<xml>${xmlHead(openId, createdSec)}<Event><![CDATA[${name}]]></Event>
<SubscribeMsg${wrapper}Event>
${lists}</SubscribeMsg${wrapper}Event></xml>`;
}

/** Unrelated to subscriptions: a message of the user's, or an event of any name with its own fields. */
export function renderOther(
  openId: string,
  createdSec: number,
  format: "json" | "xml",
  other: { text: string; msgid: string } | { event: string; fields?: EventItem },
): string {
  const type = "text" in other ? "text" : "event";
  const fields: EventItem =
    "text" in other
      ? { Content: other.text, MsgId: other.msgid }
      : { Event: other.event, ...(other.fields ?? { SessionFrom: "sandbox" }) };
  if (format === "json") return JSON.stringify({ ...jsonHead(openId, createdSec, type), ...fields });
  return `<xml>${xmlHead(openId, createdSec, type)}${renderFields(fields, "")}</xml>`;
}

/** The body in safe mode, and the addition to a plain one in compatible mode. */
export function renderEncrypted(encrypted: string, format: "json" | "xml", plain?: string): string {
  if (format === "json") {
    const outer: object = plain === undefined ? { ToUserName: ACCOUNT } : JSON.parse(plain);
    return JSON.stringify({ ...outer, Encrypt: encrypted });
  }
  const field = `<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  return plain === undefined
    ? `<xml><ToUserName><![CDATA[${ACCOUNT}]]></ToUserName>${field}`
    : plain.replace(/<\/xml>$/, field);
}

function jsonHead(openId: string, createdSec: number, type = "event") {
  return { ToUserName: ACCOUNT, FromUserName: openId, CreateTime: createdSec, MsgType: type };
}

function xmlHead(openId: string, createdSec: number, type = "event"): string {
  return `<ToUserName><![CDATA[${ACCOUNT}]]></ToUserName><FromUserName><![CDATA[${openId}]]></FromUserName>
<CreateTime>${createdSec}</CreateTime>
<MsgType><![CDATA[${type}]]></MsgType>`;
}

function renderFields(item: EventItem, padding: string): string {
  return Object.entries(item)
    .map(([name, value]) => {
      if (/^\d+$/.test(value)) return `<${name}>${value}</${name}>`;
      const around = name === "TemplateId" ? padding : "";
      return `<${name}><![CDATA[${around}${value.replaceAll("]]>", "]]]]><![CDATA[>")}${around}]]></${name}>`;
    })
    .join("");
}
