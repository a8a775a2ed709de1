const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** Days in Beijing begin this much before those in UTC. */
const BEIJING_MS = 8 * 3_600_000;

/** A user's subscription: `count` messages of a one-time template, or one a day of a long-term one. */
export interface QqGrant {
  openId: string;
  templateId: string;
  /** Defaults to 1. */
  count?: number;
  standing?: boolean;
}

/** The subscriptions of QQ's users, and the day of each one's last message. */
export class QqSubscriptions {
  readonly #acceptAny: boolean;
  readonly #now: () => number;
  /** Messages left by template and user; `Infinity` for a long-term subscription. */
  readonly #left = new Map<string, number>();
  readonly #lastAtMs = new Map<string, number>();
  /** The day of a user's last message under a long-term subscription. */
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

  /** Whether the user may be sent the message now, which spends the permission: 0 or an errcode. */
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
