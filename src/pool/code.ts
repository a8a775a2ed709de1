/** One push code as stated by a pool entry. */
export interface PushCode {
  formId: string;
  /** False for garbage that a backend stored instead of a formId: it is never a valid code. */
  wellFormed: boolean;
  /** Epoch ms. */
  expireMs: number;
  /** How many messages it is good for, if the entry says so; defaults to 1. */
  uses?: number;
  /** The kind of event it came from, if the entry says so and it isn't a form: 2 and 3 are Baidu's two kinds of payment. */
  scene?: number;
}

/** How a list element of a pool was understood. */
export type Entry =
  | { readable: true; codes: PushCode[] }
  /** `formId`: the one in an entry without an expiry. */
  | { readable: false; why: UnreadableReason; formId?: string };

/** `java`: Java serialization of something other than one code. `no expiry`: only a formId. */
export type UnreadableReason = "java" | "no expiry" | "too long" | "not a code";

export type CodeState = "valid" | "expired" | "invalid";

/** A code is expired from the moment of its expiry; garbage that has not expired yet is invalid. */
export function codeState(code: PushCode, nowMs: number): CodeState {
  if (code.expireMs <= nowMs) return "expired";
  return code.wellFormed ? "valid" : "invalid";
}

/** How many messages a code is still good for. */
export function usesOf(code: PushCode): number {
  return code.uses ?? 1;
}

const GARBAGE = new Set(["undefined", "null"]);

/**
 * Whether a text can be a formId or prepay_id: visible ASCII, no spaces, at most 128 characters. WeChat's developer tools
 * return sentences instead of codes ("the formId is a mock one", "requestFormId:fail ...").
 */
export function isFormId(text: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(text) && !text.startsWith("requestFormId:fail") && !GARBAGE.has(text);
}

/**
 * The entry as push-cli itself writes it: the plain JSON form, with `uses` only if it is not 1, and `scene` only for
 * payments.
 */
export function writeEntry(code: {
  formId: string;
  expireMs: number;
  uses?: number | undefined;
  scene?: number | undefined;
}): string {
  const isSingle = code.uses === undefined || code.uses === 1;
  // The same as JSON.stringify returns, in less time.
  if (isSingle && code.scene === undefined && /^[\w-]+$/.test(code.formId))
    return `{"formId":"${code.formId}","expire":${code.expireMs}}`;
  const entry: Record<string, unknown> = { formId: code.formId, expire: code.expireMs };
  if (!isSingle) entry.uses = code.uses;
  if (code.scene !== undefined) entry.scene = code.scene;
  return JSON.stringify(entry);
}
