import type { PermissionKind, Variants } from "./channel.ts";
import type { FinalOutcome } from "./outcome.ts";
import { isWithheld, type Withheld } from "./policy.ts";
import type { Errcode } from "./ports.ts";
import { assignVariants } from "./variants.ts";

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
  /** The variant of the message that the user gets; null without variants, and for users who get none. */
  variant: string | null;
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

/** The same report, whose lines name the variants of recipients. */
export function reportWithVariants(report: Report, variants: Variants | undefined): Report {
  if (!variants) return report;
  const name = nameVariants(variants);
  return {
    write: (line) => report.write(name(line)),
    writeUnlessThere: (line) => report.writeUnlessThere(name(line)),
  };
}

/** Enters a recipient's variant into a line. Invalid rows, and users from whom the message is withheld, have none. */
export function nameVariants(variants: Variants | undefined): (line: ReportLine) => ReportLine {
  const assignment = assignVariants(variants);
  if (!variants || !assignment) return (line) => line;
  return (line) => {
    if (line.outcome === "invalid" || isWithheld(line.outcome)) return line;
    return { ...line, variant: variants.list[assignment.placeOf(line.openId)]!.name };
  };
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
    variant: null,
  };
}
