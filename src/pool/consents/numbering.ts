import type { GivenConsent } from "./import-row.ts";

/**
 * Ids for consents of which only the number is known: `i-<batch>-1`, `i-<batch>-2` ... in each pool, in the order of the rows.
 * So a second import knows the first one's, also when a line of another user was fixed in between; a count that has grown
 * adds the difference; and what comes on top of it is a batch of its own. Not by a hash of the file: a file with one line fixed
 * would be another, and double everybody.
 */
export class Numbering {
  private readonly batch: string;
  /** How many each pool has been given. A file may name users in any order, so all of them are kept. */
  private readonly given = new Map<string, number>();

  constructor(batch: string) {
    this.batch = batch;
  }

  take(
    name: string,
    { count, atMs, standing }: { count: number; atMs: number | undefined; standing: boolean },
  ): GivenConsent[] {
    // One standing right is as good as several.
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

/** Whether a text can name a batch: with its number behind it, it is to be a consent's id. */
export function isBatchName(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text);
}
