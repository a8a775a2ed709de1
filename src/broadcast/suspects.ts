import type { InHand } from "./in-hand.ts";

/**
 * When no more than this many recipients are left, their requests may be what fails, with no others to show that the
 * API is up. Fewer than it takes to open the breaker, and few enough to lose if the API only answers with refusals.
 */
const FEW = 4;
/** Attempts that such a recipient still gets when the API answers, but not its request. */
const LAST_ATTEMPTS = 3;

/** Tells how many are left. */
interface Left {
  readonly options: { readonly maxAttempts: number };
  /** The whole audience has been claimed. */
  readonly fed: boolean;
  readonly inHand: { readonly size: number };
}

/**
 * The last recipients of a run, whose tries fail while the API seems to be down. Otherwise one whose request always
 * fails would delay the run for `--max-outage`, and every resume again.
 */
export class Suspects {
  private readonly left: Left;
  /** Recipients whose tries have failed since the last probe that sends to nobody. */
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

  /** False when the API must first show that it is up without this one. */
  mayTry(recipient: InHand): boolean {
    const { fed, inHand } = this.left;
    return !fed || inHand.size > FEW || !this.tried.has(recipient);
  }

  /** The API answers, but did not answer these: from now on their attempts count. */
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
