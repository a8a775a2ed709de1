import type { Errcode } from "./ports.ts";

/** When a run stops by itself. A share is taken over the last `WINDOW` outcomes. */
export type MaxErrors = { count: number } | { share: number };

export const DEFAULT_MAX_ERRORS: MaxErrors = { share: 0.2 };

const WINDOW = 500;
const MIN_ERRORS = 50;
const UNLISTED_IN_A_ROW = 20;
const UNKNOWN_USERS = 50;
const UNKNOWN_USER_SHARE = 0.95;
const REFUSED_CODES = 50;
const REFUSED_CODE_SHARE = 0.95;

/** Watches outcomes for signs that continuing would only waste codes. Each method returns why to stop, or undefined. */
export class Guard {
  private readonly maxErrors: MaxErrors;
  private readonly window: boolean[] = [];
  private at = 0;
  private errorsInWindow = 0;
  private errors = 0;
  private unlistedInARow = 0;
  private answers = 0;
  private unknownUsers = 0;
  private unknownSays = "";
  private readonly refusals = new Set<Errcode>();
  private refusedCodes = 0;

  constructor(maxErrors: MaxErrors) {
    this.maxErrors = maxErrors;
  }

  /** An errcode that the table does not know; spends the code. */
  seeUnlisted(errcode: Errcode | undefined): string | undefined {
    if (!this.seeOneMore()) return undefined;
    return `unknown errcode ${errcode}: returned ${UNLISTED_IN_A_ROW} times in a row without a success`;
  }

  /** Values that the platform does not take. */
  seeMessageRefused(errcode: Errcode | undefined): string | undefined {
    this.answers++;
    if (!this.seeOneMore()) return undefined;
    return `the platform refused ${UNLISTED_IN_A_ROW} messages in a row because of their values${says(errcode)}`;
  }

  /** Any answer with an outcome for the recipient. */
  seeAnswer(): string | undefined {
    this.answers++;
    return this.tooManyUnknown();
  }

  /** A message was accepted. Its outcome is settled later, when more answers have come in. */
  seeAccepted(): string | undefined {
    this.unlistedInARow = 0;
    return this.seeAnswer();
  }

  /** No user of this account. */
  seeUnknownUser(errcode: Errcode | undefined): string | undefined {
    this.answers++;
    this.unknownUsers++;
    this.unknownSays = says(errcode);
    return this.tooManyUnknown();
  }

  /** The platform refused a code; only while nothing has been accepted. */
  seeRefusedCode(errcode: Errcode | undefined): string | undefined {
    this.answers++;
    this.refusedCodes++;
    if (errcode !== undefined) this.refusals.add(errcode);
    if (this.refusedCodes < REFUSED_CODES || this.refusedCodes < this.answers * REFUSED_CODE_SHARE)
      return undefined;
    const errcodes = [...this.refusals].map(String).sort().join(", ");
    return `${this.refusedCodes} of ${this.answers} codes were refused (${errcodes}) and none accepted: they belong to another appid, or are not codes that the platform issued`;
  }

  /** A settled outcome; `error` for failed and unknown. */
  seeOutcome(error: boolean, success: boolean): string | undefined {
    if (success) this.unlistedInARow = 0;
    if (this.window.length === WINDOW && this.window[this.at]) this.errorsInWindow--;
    this.window[this.at] = error;
    this.at = (this.at + 1) % WINDOW;
    if (!error) return undefined;
    this.errors++;
    this.errorsInWindow++;
    return this.tooManyErrors();
  }

  /** Counts a failure that the whole message may have caused. */
  private seeOneMore(): boolean {
    this.unlistedInARow++;
    return this.unlistedInARow >= UNLISTED_IN_A_ROW;
  }

  private tooManyUnknown(): string | undefined {
    if (this.unknownUsers < UNKNOWN_USERS || this.unknownUsers < this.answers * UNKNOWN_USER_SHARE)
      return undefined;
    return `${this.unknownUsers} of ${this.answers} openIds were invalid${this.unknownSays}: they belong to another appid`;
  }

  private tooManyErrors(): string | undefined {
    if ("count" in this.maxErrors) {
      if (this.errors <= this.maxErrors.count) return undefined;
      return `${this.errors} errors, more than --max-errors ${this.maxErrors.count}`;
    }
    const seen = this.window.length;
    if (this.errorsInWindow < MIN_ERRORS || this.errorsInWindow <= seen * this.maxErrors.share)
      return undefined;
    const percent = Math.round(this.maxErrors.share * 100);
    return `${this.errorsInWindow} errors in the last ${seen} recipients, more than --max-errors ${percent}%`;
  }
}

function says(errcode: Errcode | undefined): string {
  return errcode === undefined ? "" : ` (${errcode})`;
}
