/** When a run stops by itself. A share counts over the last `WINDOW` outcomes. */
export type MaxErrors = { count: number } | { share: number };

export const DEFAULT_MAX_ERRORS: MaxErrors = { share: 0.2 };

const WINDOW = 500;
const MIN_ERRORS = 50;
const UNLISTED_IN_A_ROW = 20;
const INVALID_USERS = 50;
const INVALID_USER_SHARE = 0.95;
const REFUSED_CODES = 50;
const REFUSED_CODE_SHARE = 0.95;

/** Watches outcomes for signs that going on only burns codes. Each method returns why to stop, or undefined. */
export class Guard {
  private readonly maxErrors: MaxErrors;
  private readonly window: boolean[] = [];
  private at = 0;
  private errorsInWindow = 0;
  private errors = 0;
  private unlistedInARow = 0;
  private answers = 0;
  private invalidUsers = 0;
  private refusedCodes = 0;

  constructor(maxErrors: MaxErrors) {
    this.maxErrors = maxErrors;
  }

  /** An errcode that the table does not know; spends the code. */
  seeUnlisted(errcode: number | undefined): string | undefined {
    this.unlistedInARow++;
    if (this.unlistedInARow < UNLISTED_IN_A_ROW) return undefined;
    return `errcode ${errcode} came ${UNLISTED_IN_A_ROW} times in a row without a success, and push-cli does not know it`;
  }

  /** Any answer with an outcome for the recipient; `invalidUser` for 40003. */
  seeAnswer(invalidUser: boolean): string | undefined {
    this.answers++;
    if (invalidUser) this.invalidUsers++;
    if (this.invalidUsers < INVALID_USERS || this.invalidUsers < this.answers * INVALID_USER_SHARE)
      return undefined;
    return `${this.invalidUsers} of ${this.answers} openIds were invalid (40003): they belong to another appid`;
  }

  /** 41028 or 41029; only while nothing has been accepted. */
  seeRefusedCode(): string | undefined {
    this.answers++;
    this.refusedCodes++;
    if (this.refusedCodes < REFUSED_CODES || this.refusedCodes < this.answers * REFUSED_CODE_SHARE)
      return undefined;
    return `${this.refusedCodes} of ${this.answers} codes were refused (41028, 41029) and none accepted: they belong to another appid, or are not what the platform issued`;
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
