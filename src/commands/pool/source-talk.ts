import { formatCounted } from "../../output/format.ts";
import type { StoredValue } from "../../pool/ports.ts";
import type { StoredRow } from "../../pool/read-stored.ts";

const WEEK_MS = 7 * 86_400_000;

/** What an import from Redis learns of its source by the way, and may have taken wrongly. */
export class SourceTalk {
  private readonly nowMs: number;
  private createdOnly = 0;
  private scores = 0;
  private newestScoreMs = Number.NEGATIVE_INFINITY;
  private cut = 0;
  private cutExample = "";

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  note({ openId, rest, key }: StoredValue, row: StoredRow): void {
    if (row.createdOnly) this.createdOnly++;
    if (row.scoreMs !== undefined) {
      this.scores++;
      this.newestScoreMs = Math.max(this.newestScoreMs, row.scoreMs);
    }
    if (rest === "" || openId === undefined) return;
    if (this.cut++ === 0) this.cutExample = `'${openId}' of '${key}'`;
  }

  /** Codes are put into a set with a score in the future if that is their expiry: someone would have some left. */
  get areScoresCreations(): boolean {
    return this.newestScoreMs <= this.nowMs && this.newestScoreMs > this.nowMs - WEEK_MS;
  }

  lines(lifetimeMs: number | undefined, layout: string): string[] {
    const lines: string[] = [];
    // One user's strings differ by what follows: that is how they are meant.
    if (this.cut > 0 && layout !== "string")
      lines.push(
        `in ${formatCounted(this.cut, "value")} the openId was assumed to end at the ':', for example ${this.cutExample}`,
      );
    if (lifetimeMs !== undefined) return lines;
    if (this.areScoresCreations)
      lines.push(
        `all scores are in the past, the newest within the last 7 days: they look like creation times (${formatCounted(this.scores, "score")})`,
        "hint: with --lifetime 7d each code is valid for 7 days from its creation time",
      );
    if (this.createdOnly > 0)
      lines.push(
        `${formatCounted(this.createdOnly, "code")} with a creation time but no expiry`,
        "hint: with --lifetime 7d each code is valid for 7 days from its creation time",
      );
    return lines;
  }
}
