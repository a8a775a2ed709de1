import { nextMsgid } from "../answers.ts";
import { isObject, isTextOrAbsent, parseJson } from "../json.ts";
import { isTemplate, isUser } from "../known-ids.ts";
import { isPage } from "../message.ts";
import type { Verdict } from "../verdict.ts";
import type { EventQueue } from "./event-queue.ts";

/** "For one openid and client_msg_id only one message is sent; valid for 10 minutes" (vendor's page on template messages). */
const REMEMBERED_MS = 10 * 60_000;

interface Settings {
  acceptAny: boolean;
  now: () => number;
}

interface Message {
  openId: string;
  clientMsgId: string | undefined;
}

/** The template messages of an official account: followers, remembered ids, events about the results of messages. */
export class OfficialAccount {
  readonly #settings: Settings;
  readonly #events: Pick<EventQueue, "drawFailure" | "addFinishedJob">;
  /** Whether a user follows the account, or has left. */
  readonly #follows = new Map<string, boolean>();
  /** In order of insertion, oldest first. */
  readonly #remembered = new Map<string, { msgid: string; untilMs: number }>();
  /** Messages recognized as repeats by their client_msg_id. */
  repeats = 0;

  constructor(settings: Settings, events: Pick<EventQueue, "drawFailure" | "addFinishedJob">) {
    this.#settings = settings;
    this.#events = events;
  }

  setFollows(openIds: readonly string[], follows: boolean): void {
    for (const openId of openIds) this.#follows.set(openId, follows);
  }

  /** Judges a body. `arrives`: whether it reaches the user now, which is false for a repeat. */
  send(body: string): { verdict: Verdict; openId: string; arrives: boolean } {
    const message = readMessage(body);
    const refuse = (errcode: number) => ({ verdict: { errcode }, openId: "", arrives: false });
    if (typeof message === "number") return refuse(message);
    const { openId, clientMsgId } = message;
    if (!(this.#follows.get(openId) ?? this.#settings.acceptAny) || openId.startsWith("refused_"))
      return refuse(43004);
    const known = this.#recall(openId, clientMsgId);
    if (known !== undefined) return { verdict: { errcode: 0, msgid: known }, openId, arrives: false };
    const msgid = nextMsgid();
    if (clientMsgId !== undefined) this.#remember(openId, clientMsgId, msgid);
    const fails = this.#events.drawFailure();
    this.#events.addFinishedJob(openId, msgid, fails ? "failed: system failed" : "success");
    return { verdict: { errcode: 0, msgid }, openId, arrives: !fails };
  }

  #recall(openId: string, clientMsgId: string | undefined): string | undefined {
    const now = this.#settings.now();
    for (const [key, { untilMs }] of this.#remembered) {
      if (untilMs > now) break;
      this.#remembered.delete(key);
    }
    const known = clientMsgId === undefined ? undefined : this.#remembered.get(`${openId} ${clientMsgId}`);
    if (known) this.repeats += 1;
    return known?.msgid;
  }

  #remember(openId: string, clientMsgId: string, msgid: string): void {
    this.#remembered.set(`${openId} ${clientMsgId}`, {
      msgid,
      untilMs: this.#settings.now() + REMEMBERED_MS,
    });
  }
}

/** Members that are not documented are accepted: SDKs send `topcolor` and others from older documentation. */
function readMessage(body: string): Message | number {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return 47001;
  const { touser, template_id: templateId, url, miniprogram, data, client_msg_id: clientMsgId } = parsed;
  if (![touser, templateId, url, clientMsgId].every(isTextOrAbsent)) return 47001;
  if (!isUser(touser)) return 40003;
  if (!isTemplate(templateId)) return 40037;
  if (miniprogram !== undefined && !isMiniprogram(miniprogram)) return 40165;
  if (!isData(data)) return 47003;
  return { openId: touser, clientMsgId: typeof clientMsgId === "string" ? clientMsgId : undefined };
}

function isMiniprogram(miniprogram: unknown): boolean {
  if (!isObject(miniprogram)) return false;
  const { appid, pagepath } = miniprogram;
  const isLinked = typeof appid === "string" && appid !== "" && !appid.includes("unknown");
  return isLinked && isPage(pagepath);
}

function isData(data: unknown): boolean {
  if (!isObject(data)) return false;
  return Object.entries(data).every(
    ([name, field]) => /^\w+$/.test(name) && isObject(field) && typeof field.value === "string",
  );
}
