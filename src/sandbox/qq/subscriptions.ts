const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** Beijing's days begin so much before UTC's. */
const BEIJING_MS = 8 * 3_600_000;

/** What a user has agreed to get: `count` messages of a one-time template, or one a day of a long-term one. */
export interface QqGrant {
  openId: string;
  templateId: string;
  /** 1 unless given. */
  count?: number;
  standing?: boolean;
}

/** The subscriptions of QQ's users, and when each had a message. */
export class QqSubscriptions {
  readonly #acceptAny: boolean;
  readonly #now: () => number;
  /** Messages left by template and user; `Infinity` of a long-term subscription. */
  readonly #left = new Map<string, number>();
  readonly #lastAtMs = new Map<string, number>();
  /** The day of a user's last message by a long-term subscription. */
  readonly #lastDay = new Map<string, number>();

  constructor(acceptAny: boolean, now: () => number) {
    this.#acceptAny = acceptAny;
    this.#now = now;
  }

  grant({ openId, templateId, count = 1, standing = false }: QqGrant): void {
    const key = `${templateId} ${openId}`;
    const before = this.#left.get(key) ?? 0;
    this.#left.set(key, standing ? Number.POSITIVE_INFINITY : before + count);
  }

  /** Whether the user may be sent it now, which uses up what it takes: 0 or an errcode. */
  spend(openId: string, templateId: string): number {
    const now = this.#now();
    if (openId.startsWith("refused_")) return 46003;
    if (now - (this.#lastAtMs.get(openId) ?? Number.NEGATIVE_INFINITY) < SECOND_MS) return 41030;
    const key = `${templateId} ${openId}`;
    const left = this.#left.get(key) ?? (this.#acceptAny ? Number.POSITIVE_INFINITY : 0);
    if (left === 0) return 46001;
    const day = Math.floor((now + BEIJING_MS) / DAY_MS);
    const isStanding = left === Number.POSITIVE_INFINITY;
    if (isStanding && this.#lastDay.get(openId) === day) return 46002;
    if (isStanding) this.#lastDay.set(openId, day);
    else this.#left.set(key, left - 1);
    this.#lastAtMs.set(openId, now);
    return 0;
  }
}
