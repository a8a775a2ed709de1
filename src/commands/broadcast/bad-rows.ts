import { PushCliError } from "../../errors.ts";
import { formatCount, formatCounted } from "../../output/format.ts";

/** Shown one by one; of the others, their number. */
const MAX_SHOWN = 10;

/** Rows of a file that can't be used, and why: the first few of them, and how many. */
export class BadRows {
  count = 0;
  private readonly shown: string[] = [];
  private readonly skippable = { count: 0 };

  /** `canSkip`: --skip-bad-rows would leave it out. */
  add(line: number, why: string, { canSkip = false } = {}): void {
    this.count++;
    if (canSkip) this.skippable.count++;
    if (this.shown.length < MAX_SHOWN) this.shown.push(`line ${line}: ${why}`);
  }

  get details(): string[] {
    const more = this.count - this.shown.length;
    return more > 0 ? [...this.shown, `and ${formatCount(more)} more`] : this.shown;
  }

  /** "2 rows are left out, the first is line 3: ..." */
  describe(): string {
    const { count, shown } = this;
    return `${formatCounted(count, "row")} ${count === 1 ? "is" : "are"} skipped as invalid; the first is ${shown[0]}`;
  }

  /** `undone`: what they have kept from happening. */
  error(name: string, undone = "nothing was sent"): PushCliError {
    const { count, shown } = this;
    if (shown[0]?.includes("is not UTF-8")) {
      const hint = `${undone}; name the file's encoding, such as --encoding gb18030`;
      return new PushCliError("usage", `${name} is not UTF-8`, { hint, details: this.details });
    }
    const skip = this.skippable.count === count ? ", or use --skip-bad-rows to skip" : "";
    if (count === 1) {
      const hint = `${undone}; fix the line and run again${skip && `${skip} it`}`;
      return new PushCliError("usage", `${name}, ${shown[0]}`, { hint });
    }
    const hint = `${undone}; fix the lines and run again${skip && `${skip} them`}`;
    return new PushCliError("usage", `${name}: ${formatCount(count)} invalid rows`, {
      hint,
      details: this.details,
    });
  }
}
