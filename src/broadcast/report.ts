import type { FinalOutcome } from "./outcome.ts";

/** One recipient in `--report`; a contract, see design section 7. */
export interface ReportLine {
  openId: string;
  outcome: FinalOutcome;
  attempts: number;
  errcode?: number | undefined;
  errmsg?: string | undefined;
  msgid?: string | undefined;
  formId?: string | undefined;
  /** ISO 8601. */
  at: string;
}

export interface Report {
  write(line: ReportLine): void;
  /** For what an earlier run may have reported already. */
  writeUnlessThere(line: ReportLine): void;
}
