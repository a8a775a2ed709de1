/** What the suppression list says of somebody on it. */
export interface Suppression {
  reason?: string | undefined;
  /** Epoch ms by Redis' clock from which on it no longer counts; absent: it has no end. */
  untilMs?: number | undefined;
  /** When it was added or last changed, epoch ms, and by whom; absent where something else has written it. */
  atMs?: number | undefined;
  by?: string | undefined;
}

export interface SuppressedUser extends Suppression {
  openId: string;
  /** Its end has come. */
  isOver: boolean;
}

/** The users who are not messaged, on any channel. All reject with a `redis` error. */
export interface SuppressionList {
  /** Redis' clock, epoch ms. */
  now(): Promise<number>;
  /** Those of them who must not be messaged now. */
  findSuppressed(openIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** What there is of each, ended or not. */
  read(openIds: readonly string[]): Promise<(SuppressedUser | undefined)[]>;
  write(users: readonly (Suppression & { openId: string })[]): Promise<void>;
  /** Returns how many were there. */
  remove(openIds: readonly string[]): Promise<number>;
  /** Pages of all of them, or of those whose openId matches a glob; a user may come twice. */
  sweep(match?: string): AsyncIterable<SuppressedUser[]>;
  /** Removes those whose end has come; returns how many. */
  removeEnded(): Promise<number>;
}

/** Somebody to be suppressed. */
export interface Wish {
  openId: string;
  /** Absent: the reason that is there stays. */
  reason?: string | undefined;
  untilMs?: number | undefined;
}

export interface SuppressTotals {
  added: number;
  /** On the list with another reason or end. */
  changed: number;
  unchanged: number;
}

export interface SuppressOptions {
  /** user@host */
  by: string;
  /** Only counts. */
  dryRun: boolean;
  signal?: AbortSignal | undefined;
  onStep?: ((totals: SuppressTotals) => void) | undefined;
}

/**
 * Puts users on the list; each of them once in all pages. What is there already as wished is not written, so that the same
 * again changes nothing. Ends between two pages once the signal is aborted.
 */
export async function suppressUsers(
  list: SuppressionList,
  pages: AsyncIterable<readonly Wish[]>,
  { by, dryRun, signal, onStep }: SuppressOptions,
): Promise<SuppressTotals> {
  const totals: SuppressTotals = { added: 0, changed: 0, unchanged: 0 };
  const atMs = await list.now();
  for await (const page of pages) {
    if (signal?.aborted) break;
    const there = await list.read(page.map(({ openId }) => openId));
    const written: (Suppression & { openId: string })[] = [];
    for (const [i, { openId, reason, untilMs }] of page.entries()) {
      const entry = there[i];
      const old = entry?.isOver ? undefined : entry;
      const fresh = { openId, reason: reason ?? old?.reason, untilMs, atMs, by };
      if (old && old.reason === fresh.reason && old.untilMs === untilMs) totals.unchanged++;
      else {
        written.push(fresh);
        if (old) totals.changed++;
        else totals.added++;
      }
    }
    if (!dryRun && written.length > 0) await list.write(written);
    onStep?.(totals);
  }
  return totals;
}
