import { errcodeOf, FAULT_KINDS, type Fault, type FaultKind } from "./faults.ts";
import { seededRandom } from "./random.ts";

/**
 * Draws at most one fault per request. Every request takes one number for every fault, whether it occurs or not, and
 * setting the faults restarts the sequence: the n-th request after that meets the same fault in every run with the same
 * seed.
 */
export class FaultDice {
  readonly #seed: number;
  #random: () => number;
  #faults: Fault[] = [];

  constructor(seed: number, faults: readonly Fault[]) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.setFaults(faults);
  }

  /** The order in which they are given does not matter. */
  setFaults(faults: readonly Fault[]): void {
    this.#faults = [...faults].sort((a, b) => rank(a.kind) - rank(b.kind));
    this.#random = seededRandom(this.#seed);
  }

  draw(): FaultKind | undefined {
    let hit: FaultKind | undefined;
    for (const fault of this.#faults) {
      const drawn = this.#random() * 100 < fault.percent;
      if (drawn && hit === undefined) hit = fault.kind;
    }
    return hit;
  }
}

const KINDS = Object.keys(FAULT_KINDS);
/** Greater than any errcode, so that the named kinds come first. */
const ERRCODES_FROM = 2e9;

function rank(kind: FaultKind): number {
  const errcode = errcodeOf(kind);
  return errcode === undefined ? KINDS.indexOf(kind) : ERRCODES_FROM + errcode;
}
