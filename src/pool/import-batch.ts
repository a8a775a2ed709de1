import type { ImportRow, ParsedRow } from "./import-row.ts";
import type { PushRequest } from "./ports.ts";

/** Codes and bytes per call, and calls under way: Redis works on one while rows are read for the next. */
const BATCH = 200;
const BATCH_BYTES = 256 * 1024;
const AHEAD = 3;

/** The codes of a user that are pushed in one call, and the row of each. */
export interface UserCodes {
  openId: string;
  codes: PushRequest[];
  rows: ImportRow[];
}

/** The codes that are pushed in one call, by user. */
export class Batch {
  readonly users = new Map<string, UserCodes>();
  private last: UserCodes | undefined;
  private codes = 0;
  private bytes = 0;

  add({ openId, push }: ParsedRow, row: ImportRow): void {
    const user = this.last?.openId === openId ? this.last : this.userOf(openId);
    user.codes.push(push);
    user.rows.push(row);
    this.last = user;
    this.codes++;
    this.bytes += push.entry.length;
  }

  private userOf(openId: string): UserCodes {
    const known = this.users.get(openId);
    if (known) return known;
    const user: UserCodes = { openId, codes: [], rows: [] };
    this.users.set(openId, user);
    return user;
  }

  get isFull(): boolean {
    return this.codes >= BATCH || this.bytes >= BATCH_BYTES;
  }

  /**
   * The next batch, which gets the last user's codes unless they are too many: more of them may follow. Batches with the same
   * user must wait for each other, which would be all batches of a file that is sorted by user.
   */
  takeLast(): Batch {
    const next = new Batch();
    const { last } = this;
    if (!last || this.users.size < 2 || last.codes.length > BATCH / 4) return next;
    this.users.delete(last.openId);
    next.users.set(last.openId, last);
    next.last = last;
    next.codes = last.codes.length;
    next.bytes = last.codes.reduce((sum, { entry }) => sum + entry.length, 0);
    return next;
  }
}

/**
 * Batches that are being pushed: several at once, but never two with codes of the same user, whose order would be undefined.
 */
export class Pushes {
  private readonly push: (users: UserCodes[]) => Promise<void>;
  private readonly underWay: { users: Map<string, UserCodes>; end: Promise<void> }[] = [];

  constructor(push: (users: UserCodes[]) => Promise<void>) {
    this.push = push;
  }

  /** Resolves when there is room for another; rejects when an earlier one failed. */
  async add(users: Map<string, UserCodes>): Promise<void> {
    if (users.size === 0) return;
    const shares = (other: Map<string, UserCodes>) => [...users.keys()].some((openId) => other.has(openId));
    const last = this.underWay.findLastIndex((other) => shares(other.users));
    await this.wait(Math.max(last + 1, this.underWay.length - AHEAD + 1));
    const end = this.push([...users.values()]);
    // Awaited later, or not at all if an earlier one has failed.
    end.catch(() => undefined);
    this.underWay.push({ users, end });
  }

  end(): Promise<void> {
    return this.wait(this.underWay.length);
  }

  /** Resolves when none is under way, whether they succeeded or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay.map(({ end }) => end));
  }

  private async wait(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.underWay[0]!.end;
      this.underWay.shift();
    }
  }
}
