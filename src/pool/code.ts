/** One push code as a pool entry states it. */
export interface PushCode {
  formId: string;
  /** False for garbage that a backend stored in the place of a formId: never a valid code. */
  wellFormed: boolean;
  /** Epoch ms. */
  expireMs: number;
  /** How many messages it is good for, when the entry says so; absent means 1. */
  uses?: number;
  /** Of what kind of event it is, where the entry says so and that is no form: 2 and 3 are Baidu's two kinds of payments. */
  scene?: number;
}

/** What one list element of a pool turned out to be. */
export type Entry =
  | { readable: true; codes: PushCode[] }
  /** `formId`: the one in an entry that has no expiry. */
  | { readable: false; why: UnreadableReason; formId?: string };

/** `java`: Java serialization of another shape than one code. `no expiry`: a formId alone. */
export type UnreadableReason = "java" | "no expiry" | "too long" | "not a code";

export type CodeState = "valid" | "expired" | "invalid";

/** A code is expired from its expiry on; garbage that has not expired yet is invalid. */
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
 * Whether a text can be a formId or prepay_id: visible ASCII, no spaces, at most 128 characters. The developer tools
 * hand out sentences in the place of codes ("the formId is a mock one", "requestFormId:fail ...").
 */
export function isFormId(text: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(text) && !text.startsWith("requestFormId:fail") && !GARBAGE.has(text);
}

/** The entry that push-cli itself writes: the plain JSON form, `uses` only when it is not 1, `scene` only of payments. */
export function writeEntry(code: {
  formId: string;
  expireMs: number;
  uses?: number | undefined;
  scene?: number | undefined;
}): string {
  const isSingle = code.uses === undefined || code.uses === 1;
  // What JSON.stringify makes of it, in less time.
  if (isSingle && code.scene === undefined && /^[\w-]+$/.test(code.formId))
    return `{"formId":"${code.formId}","expire":${code.expireMs}}`;
  const entry: Record<string, unknown> = { formId: code.formId, expire: code.expireMs };
  if (!isSingle) entry.uses = code.uses;
  if (code.scene !== undefined) entry.scene = code.scene;
  return JSON.stringify(entry);
}
