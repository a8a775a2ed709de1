import type { GivenConsent } from "./import-row.ts";

/**
 * Makes ids for consents of which only the number is known: `i-<batch>-1`, `i-<batch>-2` ... in each pool, in the order of
 * the rows. A second import therefore recognizes those of the first, even if a line of another user was corrected in between;
 * if a count has grown, the difference is added; and additional consents go into a batch of their own. The ids don't come
 * from a hash of the file: correcting one line would change it, and everybody's consents would be doubled.
 */
export class Numbering {
  private readonly batch: string;
  /** How many ids each pool has been given. A file may list users in any order, so all of them are kept. */
  private readonly given = new Map<string, number>();

  constructor(batch: string) {
    this.batch = batch;
  }

  take(
    name: string,
    { count, atMs, standing }: { count: number; atMs: number | undefined; standing: boolean },
  ): GivenConsent[] {
    // Several standing consents are worth no more than one.
    if (standing) return count === 0 ? [] : [{ id: `i-${this.batch}-s`, atMs, standing }];
    const from = this.given.get(name) ?? 0;
    this.given.set(name, from + count);
    return Array.from({ length: count }, (_, i) => ({
      id: `i-${this.batch}-${from + i + 1}`,
      atMs,
      standing,
    }));
  }
}

/** Whether a text can name a batch: followed by a number, it must be valid as a consent's id. */
export function isBatchName(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text);
}
