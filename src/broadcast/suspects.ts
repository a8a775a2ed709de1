import type { InHand } from "./in-hand.ts";

/**
 * So few left may be the ones whose requests break the API, with nobody else there to show that it is up. Fewer than it
 * takes to open the breaker, and no more than are lost should the API answer to refusals alone.
 */
const FEW = 4;
/** What such a recipient still gets when the API answers, but not its request. */
const LAST_ATTEMPTS = 3;

/** What tells how many are left. */
interface Left {
  readonly options: { readonly maxAttempts: number };
  /** The whole audience has been claimed. */
  readonly fed: boolean;
  readonly inHand: { readonly size: number };
}

/**
 * The last recipients of a run, tried in vain while the API seems to be down. Without them under suspicion, one whose
 * request always fails would hold the run up for `--max-outage`, and each resume again.
 */
export class Suspects {
  private readonly left: Left;
  /** Whose tries have failed since the API was last asked to send to nobody. */
  private readonly tried = new Set<InHand>();

  constructor(left: Left) {
    this.left = left;
  }

  add(recipient: InHand): void {
    this.tried.add(recipient);
  }

  clear(): void {
    this.tried.clear();
  }

  /** False when it is the API's turn to show that it is there without this one. */
  mayTry(recipient: InHand): boolean {
    const { fed, inHand } = this.left;
    return !fed || inHand.size > FEW || !this.tried.has(recipient);
  }

  /** The API answers, and did not answer these: from here on their attempts count. */
  suspect(): void {
    const { maxAttempts } = this.left.options;
    for (const each of this.tried) {
      if (each.isSuspect) continue;
      each.isSuspect = true;
      each.excused = Math.max(0, each.attempts - (maxAttempts - LAST_ATTEMPTS));
    }
    this.tried.clear();
  }
}
