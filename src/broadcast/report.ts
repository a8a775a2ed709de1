import type { FinalOutcome } from "./outcome.ts";

/** One recipient in `--report`; a contract, see design section 7. */
export interface ReportLine {
  openId: string;
  outcome: FinalOutcome;
  attempts: number;
  errcode?: number;
  errmsg?: string;
  msgid?: string;
  formId?: string;
  /** ISO 8601. */
  at: string;
}

export interface Report {
  write(line: ReportLine): void;
}
