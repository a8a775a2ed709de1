/** How many messages a run settled, bucket by bucket from its beginning on. Small enough to be written with each beat. */
export interface Series {
  /** The length of a bucket. The last one may not be over yet. */
  stepMs: number;
  /** Messages that the API accepted. */
  sent: number[];
  /** Recipients who were rejected, failed or are unknown. */
  others: number[];
}

/** The counts of a run; a receipt may turn an unknown outcome into another. */
export interface Settlements {
  sent: number;
  rejected: number;
  failed: number;
  unknown: number;
}

/** Enough for a chart. */
export const MAX_BUCKETS = 120;
/** A beat's interval: between two of them, nobody looks. */
const FIRST_STEP_MS = 1000;

/**
 * Keeps the series of a run. It looks at the totals once a beat, so that messages cost nothing more, and holds any length
 * of time: when the buckets are used up, pairs are merged and the step doubles.
 */
export class SeriesMeter {
  private stepMs = FIRST_STEP_MS;
  private sent: number[] = [];
  private others: number[] = [];
  private last = { atMs: 0, sent: 0, others: 0 };

  /** The series as of `atMs`, the time that the run has been working. Its sums are the counts given. */
  observe(atMs: number, { sent, rejected, failed, unknown }: Settlements): Series {
    const now = { atMs: Math.max(atMs, this.last.atMs), sent, others: rejected + failed + unknown };
    while (now.atMs >= this.stepMs * MAX_BUCKETS) this.double();
    this.fillUntil(now.atMs);
    spread(this.sent, now.sent - this.last.sent, this.stepMs, this.last.atMs, now.atMs);
    spread(this.others, now.others - this.last.others, this.stepMs, this.last.atMs, now.atMs);
    this.last = now;
    return { stepMs: this.stepMs, sent: [...this.sent], others: [...this.others] };
  }

  private fillUntil(atMs: number): void {
    const count = Math.floor(atMs / this.stepMs) + 1;
    while (this.sent.length < count) this.sent.push(0);
    while (this.others.length < count) this.others.push(0);
  }

  private double(): void {
    this.stepMs *= 2;
    this.sent = mergePairs(this.sent);
    this.others = mergePairs(this.others);
  }
}

/** Adds what came between two looks to the buckets of that time, evenly, in whole numbers. */
function spread(buckets: number[], count: number, stepMs: number, fromMs: number, toMs: number): void {
  if (count < 0) {
    takeBack(buckets, -count);
    return;
  }
  const [first, last] = [Math.floor(fromMs / stepMs), Math.floor(toMs / stepMs)];
  let given = 0;
  for (let at = first; at < last; at++) {
    const share = ((at + 1) * stepMs - fromMs) / (toMs - fromMs);
    const upToHere = Math.floor(count * share);
    buckets[at]! += upToHere - given;
    given = upToHere;
  }
  buckets[last]! += count - given;
}

/** From the latest on: when it was counted is not known any more. */
function takeBack(buckets: number[], count: number): void {
  for (let at = buckets.length - 1, left = count; at >= 0 && left > 0; at--) {
    const taken = Math.min(left, buckets[at]!);
    buckets[at]! -= taken;
    left -= taken;
  }
}

function mergePairs(counts: readonly number[]): number[] {
  const merged: number[] = [];
  for (let i = 0; i < counts.length; i += 2) merged.push(counts[i]! + (counts[i + 1] ?? 0));
  return merged;
}
