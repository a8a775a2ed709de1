import type { NotifyFormat } from "./format.ts";
import type { HookAnswer, HookReply } from "./ports.ts";

/** What a reply means. `again`: another attempt may go better. */
export type Verdict = { ok: true } | { ok: false; problem: string; again: boolean; afterMs?: number };

/** WeCom's and DingTalk's "system busy", and Feishu's limit of messages a second. */
const BUSY_CODES = new Set([-1, 11232]);
/** As much of what a server says as helps. */
const MAX_CHARS = 200;

/** Whether a webhook took a request; `undefined`: any 2xx will do. */
export function judge(format: NotifyFormat | undefined, reply: HookReply): Verdict {
  if (reply.kind === "failure") return { ok: false, problem: reply.reason, again: true };
  const { status } = reply;
  if (status >= 300 && status < 400) return { ok: false, problem: describeRedirect(reply), again: false };
  if (status < 200 || status >= 300) return refusal(reply);
  return format === "wecom" || format === "dingtalk" || format === "feishu"
    ? judgeCode(reply.text)
    : { ok: true };
}

/** A redirect is followed nowhere: what is sent is meant for the host that was named. */
function describeRedirect({ status, redirectsTo }: HookAnswer): string {
  return `HTTP ${status}, a redirect${redirectsTo === undefined ? "" : ` to ${redirectsTo}`}, which is not followed`;
}

function refusal({ status, text, retryAfterMs }: HookAnswer): Verdict {
  const said = status === 404 || /^\s*(<|$)/.test(text) ? "" : `: ${short(text)}`;
  const problem = `HTTP ${status}${said}`;
  const again = status === 408 || status === 429 || status >= 500;
  return { ok: false, problem, again, ...(retryAfterMs !== undefined && { afterMs: retryAfterMs }) };
}

/** The three say with 200 that they refuse: by errcode, or by code (older bots of Feishu: StatusCode). */
function judgeCode(text: string): Verdict {
  const { errcode, code, StatusCode, errmsg, msg } = parse(text);
  const found = [errcode, code, StatusCode].find((one) => typeof one === "number");
  if (found === 0) return { ok: true };
  if (found === undefined)
    return {
      ok: false,
      problem: `an answer that is not understood: ${short(text) || "(empty)"}`,
      again: false,
    };
  return {
    ok: false,
    problem: `errcode ${found}: ${short(String(errmsg ?? msg ?? ""))}`,
    again: BUSY_CODES.has(Number(found)),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {}; // said to be not understood
  }
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}...` : line;
}
