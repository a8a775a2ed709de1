import type { FinalOutcome } from "../../src/broadcast/outcome.ts";
import type { Errcode } from "../../src/broadcast/ports.ts";

/** One code of an entry: its text, cut around the digits of `uses` if it has any. */
export interface ModelCode {
  formId: string;
  kind: "valid" | "expired" | "garbage";
  expireMs: number;
  uses: number | undefined;
  /** Of a payment's code. */
  scene?: number | undefined;
  before: string;
  after: string;
  /** What stands between it and the next code. */
  gap: string;
}

export interface ModelEntry {
  head: string;
  codes: ModelCode[];
  tail: string;
  /** How the writer serialised it once more. */
  quote?: (text: string) => string;
}

export function render({ head, codes, tail, quote }: ModelEntry): string {
  const text = codes.map(({ before, uses, after, gap }, i) => {
    return `${before}${uses ?? ""}${after}${i < codes.length - 1 ? gap : ""}`;
  });
  const whole = head + text.join("") + tail;
  return quote ? quote(whole) : whole;
}

export interface ClaimedRecord {
  run: string;
  attempt: number;
  code: ModelCode;
  /** Which code of its entry it was, from 1. */
  k: number;
  /** Undefined for a claim of a code that had been spent before: there is nothing to put back. */
  own: ModelEntry | undefined;
  /** The entry it was cut from and what the cut left of it, when something was left. */
  cut?: { source: ModelEntry; rest: string };
}

export interface FinalRecord {
  run: string;
  outcome: FinalOutcome;
  attempts: number;
  code: ModelCode | undefined;
  errcode: Errcode | undefined;
  msgid: string | undefined;
}

export interface Client {
  broadcastId: string;
  runId: string;
  deadRuns: string[];
  retry: ("unknown" | "failed")[];
}

export function usesOf({ uses }: ModelCode): number {
  return uses ?? 1;
}

export function sumUses(codes: ModelCode[]): number {
  return codes.reduce((sum, code) => sum + usesOf(code), 0);
}

export function isWord(text: string | undefined): boolean {
  return text !== undefined && /^[!-~]+$/.test(text);
}

export function recordKey({ broadcastId }: Client, openId: string): string {
  return `${broadcastId} ${openId}`;
}

/** Cuts one use of the first valid code out of the entry at `at`; the pool given is changed. */
export function cutFirst(client: Client, pool: ModelEntry[], at: number): ClaimedRecord {
  const source = pool[at]!;
  const k = source.codes.findIndex(({ kind }) => kind === "valid");
  const code = source.codes[k]!;
  const own = { ...source, codes: [{ ...code, uses: code.uses === undefined ? undefined : 1 }] };
  const left = usesOf(code) > 1 ? [{ ...code, uses: usesOf(code) - 1 }] : [];
  const rest = { ...source, codes: source.codes.toSpliced(k, 1, ...left) };
  pool[at] = rest;
  const record = { run: client.runId, attempt: 1, code, k: k + 1, own };
  return rest.codes.length === 0 ? record : { ...record, cut: { source, rest: render(rest) } };
}

export function describe(openId: string, { code, attempt }: ClaimedRecord) {
  const { formId, expireMs, scene } = code;
  const multiUse = code.uses !== undefined || scene !== undefined || /^wx\d{14}/.test(formId);
  const more = scene === undefined ? {} : { scene };
  return { openId, formId, expireMs, multiUse, attempt, expired: 0, refused: 0, ...more };
}

export function describeFinal({ outcome, attempts, code, errcode, msgid }: FinalRecord) {
  return {
    outcome,
    attempts,
    atMs: Number.NaN,
    ...(errcode === undefined ? {} : { errcode }),
    ...(code === undefined ? {} : { formId: code.formId }),
    ...(msgid === undefined ? {} : { msgid }),
  };
}
