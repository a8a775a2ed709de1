import { PATHS } from "../../platforms/wechat/wire.ts";
import { Quota } from "../quota.ts";

const DAY_MS = 86_400_000;

/** Calls per day. The one for template/send is reported, but never enforced. */
export interface DayLimits {
  templateSend: number;
  subscribeSend: number;
  getTemplate: number;
}

/** Documented, except for getTemplate, of which only the errcode is known. */
export const DAY_LIMITS: DayLimits = {
  templateSend: 1_000_000,
  subscribeSend: 10_000_000,
  getTemplate: 100_000,
};

/** The quotas returned by quota/get and enforced with 45009. */
export class DayQuotas {
  readonly #now: () => number;
  readonly #limits: DayLimits;
  readonly #used: Record<keyof DayLimits, Quota>;
  /** Set by the fault `day-quota`: no further sends. */
  isSpent = false;

  constructor(limits: DayLimits, now: () => number) {
    this.#now = now;
    this.#limits = { ...limits };
    const count = () => new Quota(Number.POSITIVE_INFINITY, DAY_MS);
    this.#used = { templateSend: count(), subscribeSend: count(), getTemplate: count() };
  }

  setLimits(limits: Partial<DayLimits>): void {
    Object.assign(this.#limits, limits);
  }

  /** Counts a call: 0 or 45009. */
  take(name: keyof DayLimits): number {
    if (this.isSpent && name !== "getTemplate") return 45009;
    const now = this.#now();
    if (name !== "templateSend" && this.#used[name].usedAt(now) >= this.#limits[name]) return 45009;
    this.#used[name].take(now);
    return 0;
  }

  /** Undefined for a path without a quota here. */
  read(path: string): { daily_limit: number; used: number; remain: number } | undefined {
    const name = (Object.keys(this.#limits) as (keyof DayLimits)[]).find((one) => PATHS[one] === path);
    if (name === undefined) return undefined;
    const limit = this.#limits[name];
    const isSpent = this.isSpent && name !== "getTemplate";
    const used = isSpent ? limit : Math.min(this.#used[name].usedAt(this.#now()), limit);
    return { daily_limit: limit, used, remain: limit - used };
  }
}
