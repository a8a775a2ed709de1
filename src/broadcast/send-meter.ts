const SLOT_MS = 250;
/** 64 s of slots: a minute plus its edges. */
const SLOTS = 256;

/** Counts sends in slots of 250 ms of monotonic time, a minute back. */
export class SendMeter {
  private readonly counts = new Float64Array(SLOTS);
  private readonly slots = new Float64Array(SLOTS).fill(-1);

  /** A negative count takes back what turned out not to have been accepted. */
  add(atMs: number, count: number): void {
    const slot = Math.floor(atMs / SLOT_MS);
    const at = slot % SLOTS;
    if (this.slots[at] !== slot) {
      this.slots[at] = slot;
      this.counts[at] = 0;
    }
    this.counts[at]! += count;
  }

  /** Sends from `fromMs`, at most a minute ago, to `toMs`, rounded to slots. */
  between(fromMs: number, toMs: number): number {
    let sum = 0;
    for (let slot = Math.floor(fromMs / SLOT_MS); slot <= Math.floor(toMs / SLOT_MS); slot++) {
      const at = slot % SLOTS;
      if (this.slots[at] === slot) sum += this.counts[at]!;
    }
    return sum;
  }
}
