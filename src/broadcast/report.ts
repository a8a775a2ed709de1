import type { PermissionKind } from "./channel.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { Withheld } from "./policy.ts";
import type { Errcode } from "./ports.ts";

/** One recipient in a report and of `broadcast recipients`; a contract. Every line has all fields, null where there is none. */
export interface ReportLine {
  openId: string;
  outcome: FinalOutcome | Withheld | "invalid" | "open";
  attempts: number;
  errcode: Errcode | null;
  /** The platform's words, or what happened on the wire. Null in lines from the ledger, which does not keep them. */
  errmsg: string | null;
  msgid: string | null;
  formId: string | null;
  /** ISO 8601. */
  at: string;
}

/** A line of a channel that spends consents: `consent` replaces `formId`. */
export interface ConsentLine extends ReportLine {
  formId: null;
  consent: string | null;
}

/** The line as written: what was spent is named after its kind. */
export function toDocument(line: ReportLine, spends: PermissionKind): ReportLine | ConsentLine {
  return spends === "code" ? line : { ...line, formId: null, consent: spentOf(line) };
}

/** Messages without a pool have "-" for it. */
function spentOf({ formId }: ReportLine): string | null {
  return formId === "-" ? null : formId;
}

export interface Report {
  write(line: ReportLine): void;
  /** For lines that an earlier run may have reported already. */
  writeUnlessThere(line: ReportLine): void;
}

/** A recipient's line. */
export function reportLine({
  openId,
  outcome,
  attempts,
  errcode,
  errmsg,
  msgid,
  formId,
  atMs,
}: {
  openId: string;
  outcome: ReportLine["outcome"];
  attempts: number;
  errcode?: Errcode | undefined;
  errmsg?: string | undefined;
  msgid?: string | undefined;
  formId?: string | undefined;
  atMs: number;
}): ReportLine {
  return {
    openId,
    outcome,
    attempts,
    // 0 is what the API says when all is well.
    errcode: errcode || null,
    errmsg: errmsg ?? null,
    msgid: msgid ?? null,
    formId: formId ?? null,
    at: new Date(atMs).toISOString(),
  };
}
