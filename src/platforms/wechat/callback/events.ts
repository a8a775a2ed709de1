import { type CallbackEvent, CallbackRefused } from "../../../collector/ports.ts";
import { isTemplateId } from "../../../pool/template-id.ts";
import { isUsableOpenId } from "../../errcode/login.ts";
import { childrenOf, type Fields, textOf } from "./fields.ts";

type Receipts = Extract<CallbackEvent, { kind: "receipts" }>["receipts"];

const MSGID = /^\d{1,30}$/;
/** Seconds: up to the year 33658. */
const SECONDS = /^\d{1,12}$/;

/**
 * The events in a push. Items whose template or msgid can't be part of a key are left out, and the rest counts; a push
 * without anything to process is an `other` event. Throws `CallbackRefused` (`bad_body`) for a supported event without a
 * time.
 */
export function readEvents(fields: Fields): CallbackEvent[] {
  const openId = textOf(fields, "FromUserName") ?? "";
  const read = READERS.get(textOf(fields, "Event") ?? "");
  const event = read && isUsableOpenId(openId) ? read(fields, openId) : undefined;
  return [event ?? { kind: "other", name: nameOf(fields) }];
}

const READERS: ReadonlyMap<string, (fields: Fields, openId: string) => CallbackEvent | undefined> = new Map([
  ["subscribe_msg_popup_event", readGrants],
  ["subscribe_msg_change_event", readWithdrawals],
  ["subscribe_msg_sent_event", readReceipts],
  ["TEMPLATESENDJOBFINISH", readFinishedJob],
]);

/** Variants such as `acceptWithAudio` are consents too. */
function readGrants(fields: Fields, openId: string): CallbackEvent | undefined {
  const { key, atMs } = readTime(fields);
  const templateIds = templatesOf(fields, (status) => status.startsWith("accept"));
  return templateIds.length > 0 ? { kind: "grants", openId, key, atMs, templateIds } : undefined;
}

function readWithdrawals(fields: Fields, openId: string): CallbackEvent | undefined {
  const { key } = readTime(fields);
  const templateIds = templatesOf(fields, (status) => status === "reject");
  return templateIds.length > 0 ? { kind: "withdrawals", openId, key, templateIds } : undefined;
}

function readReceipts(fields: Fields, openId: string): CallbackEvent | undefined {
  const receipts = itemsOf(fields).flatMap((item) => readReceipt(item, openId));
  return receipts.length > 0 ? { kind: "receipts", receipts } : undefined;
}

function readReceipt(item: Fields, openId: string): Receipts {
  const templateId = textOf(item, "TemplateId") ?? "";
  const msgid = textOf(item, "MsgID") ?? "";
  const code = textOf(item, "ErrorCode") ?? "";
  if (!isTemplateId(templateId) || !MSGID.test(msgid) || !/^-?\d{1,10}$/.test(code)) return [];
  const errcode = Number(code);
  if (errcode === 0) return [{ openId, templateId, msgid, status: "delivered" }];
  return [{ openId, templateId, msgid, status: "failed", errcode }];
}

/**
 * About a template message of an official account: success, or `failed:user block`, or `failed: system failed`, literally
 * (vendor's page "template messages"). The event does not name the template.
 */
function readFinishedJob(fields: Fields, openId: string): CallbackEvent | undefined {
  const msgid = textOf(fields, "MsgID") ?? "";
  const [, failed, why = ""] =
    /^(success|failed)(?:\s*:\s*([a-z ]+))?$/.exec(textOf(fields, "Status") ?? "") ?? [];
  if (!MSGID.test(msgid) || failed === undefined) return undefined;
  if (failed === "success") return { kind: "receipts", receipts: [{ openId, msgid, status: "delivered" }] };
  const errcode = why.trim().replaceAll(" ", "_") || "failed";
  return { kind: "receipts", receipts: [{ openId, msgid, status: "failed", errcode }] };
}

/** A redelivery has the same FromUserName, CreateTime and Event (vendor's page "message push"). */
function readTime(fields: Fields): { key: string; atMs: number } {
  const time = textOf(fields, "CreateTime") ?? "";
  if (!SECONDS.test(time)) throw new CallbackRefused("bad_body", "the event has no CreateTime in seconds");
  return { key: `${time}:${textOf(fields, "Event")}`, atMs: Number(time) * 1000 };
}

function templatesOf(fields: Fields, isWanted: (status: string) => boolean): string[] {
  const ids = itemsOf(fields)
    .filter((item) => isWanted(textOf(item, "SubscribeStatusString") ?? ""))
    .map((item) => textOf(item, "TemplateId") ?? "");
  return [...new Set(ids)].filter(isTemplateId);
}

/**
 * Each `List`, beside the other fields (JSON) or in a wrapper of any name: one of the vendor's examples has the wrong one.
 */
function itemsOf(fields: Fields): Fields[] {
  const wrappers = [...fields.keys()]
    .filter((name) => name !== "List")
    .flatMap((name) => childrenOf(fields, name));
  return [fields, ...wrappers].flatMap((holder) => childrenOf(holder, "List"));
}

/** Messages that a user may send (vendor's page "receiving messages"), and events that are counted separately. */
const MESSAGES = new Set([
  "text",
  "image",
  "voice",
  "video",
  "shortvideo",
  "location",
  "link",
  "miniprogrampage",
]);
const WELL_KNOWN = new Set([
  ...READERS.keys(),
  "user_enter_tempsession",
  "wxa_media_check",
  "weapp_audit_success",
  "weapp_audit_fail",
  "weapp_audit_delay",
]);

function nameOf(fields: Fields): string {
  const type = textOf(fields, "MsgType") ?? "";
  const event = textOf(fields, "Event") ?? "";
  if (type !== "event") return MESSAGES.has(type) ? "message" : "unknown";
  return WELL_KNOWN.has(event) ? event : "event";
}
