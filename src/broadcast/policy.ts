import { PushCliError } from "../errors.ts";
import { draw } from "./draw.ts";
import { compileGlob } from "./glob.ts";

/**
 * Outcomes of users from whom the message is withheld, in the order in which they are decided. Their pools and ledgers
 * stay as they are: nothing is claimed, and every run decides the same again. `suppressed`: on the suppression list;
 * `held_out`: in the share of users who are left without the message on purpose; `capped`: other broadcasts have sent
 * to the user as often as the cap allows.
 */
export const WITHHELD = ["suppressed", "held_out", "capped"] as const;
export type Withheld = (typeof WITHHELD)[number];

/** Why a user is not sent to: an outcome, or a filter. */
export type Exclusion = Filter | Withheld;

export function isWithheld(by: string): by is Withheld {
  return (WITHHELD as readonly string[]).includes(by);
}

/**
 * The filters of a broadcast, in the order in which they are applied: a user counts under the first one that applies. A
 * user without any valid permission is `no_code` before the last two are applied.
 */
export const FILTERS = ["match", "exclude", "notIn", "expiringWithin", "minValid"] as const;
export type Filter = (typeof FILTERS)[number];

/** How many users each filter has left out. */
export type Filtered = Partial<Record<Filter, number>>;

/** Another broadcast, whose ledger says who has its message. */
export interface OtherBroadcast {
  id: string;
  /** Epoch ms. */
  startedAtMs: number;
}

/** At most `count` messages of broadcasts in the time before this one began, and since. */
export interface Cap {
  count: number;
  withinMs: number;
  /** The beginning of that time, epoch ms. It does not move with the runs, so that a decision never changes. */
  sinceMs: number;
}

/** A share of the audience, from 0 to 1, drawn by openId and seed: see `draw`. */
export interface Holdout {
  share: number;
  seed: string;
}

/**
 * Which users of its audience a broadcast may send to. Kept in its record for all of its runs. Applied when a user is
 * first claimed; a chosen user stays chosen.
 */
export interface Policy {
  /** A glob on the openId. */
  match?: string | undefined;
  /** The number of openIds in the exclusion list, which is kept beside the record. */
  exclude?: number | undefined;
  /** Leaves out users who have, or may have, these broadcasts' messages: their records say sent, unknown or claimed. */
  notIn?: OtherBroadcast[] | undefined;
  holdout?: Holdout | undefined;
  caps?: Cap[] | undefined;
  /** Only users whose message would spend a permission that expires within this time. */
  expiringWithinMs?: number | undefined;
  /** Only users with at least this number of valid permissions; a standing right is always enough. */
  minValid?: number | undefined;
}

/** The openIds of a list that leaves users out, each once. May be read more than once. */
export interface Excluded {
  count: number;
  pages(): AsyncIterable<string[]>;
}

/** A policy prepared for claims. */
export interface Choice {
  policy: Policy;
  /** Why a user is left out by openId alone: the same in every run. */
  leavesOut(openId: string): Exclusion | undefined;
  /** Who may be claimed for now; others are passed over, neither counted nor reported. Absent: everybody. */
  only?: ((openId: string) => boolean) | undefined;
}

/** `excluded`: the list whose length the policy has. */
export function makeChoice(policy: Policy, excluded: { has(openId: string): boolean } | undefined): Choice {
  const { holdout } = policy;
  const fits = policy.match === undefined ? undefined : compileGlob(policy.match);
  return {
    policy,
    leavesOut: (openId) => {
      if (fits && !fits(openId)) return "match";
      if (excluded?.has(openId)) return "exclude";
      return holdout && draw(holdout.seed, "holdout", openId) < holdout.share ? "held_out" : undefined;
    },
  };
}

const SETTINGS: Record<Filter, keyof Policy> = {
  match: "match",
  exclude: "exclude",
  notIn: "notIn",
  expiringWithin: "expiringWithinMs",
  minValid: "minValid",
};

/** The filters that a policy has. */
function filtersOf(policy: Policy): Filter[] {
  return FILTERS.filter((name) => policy[SETTINGS[name]] !== undefined);
}

export function sumFiltered(filtered: Filtered | undefined): number {
  return Object.values(filtered ?? {}).reduce((sum, count) => sum + count, 0);
}

/**
 * The users left out by each filter, over all runs. Every run meets all of them again, so their numbers must not be
 * added up. Undefined without filters; those from whom the message is withheld are outcomes.
 */
export function mergeFiltered(
  policy: Policy | undefined,
  runs: readonly (Filtered | undefined)[],
): Filtered | undefined {
  const filters = policy ? filtersOf(policy) : [];
  if (filters.length === 0) return undefined;
  return Object.fromEntries(
    filters.map((name) => [name, Math.max(0, ...runs.map((counts) => counts?.[name] ?? 0))]),
  );
}

/**
 * A ledger lives for eight days from its own last write, and those of the first run may have had none since; so its age
 * is taken to be that of the broadcast. A day before that limit, all ledgers still exist.
 */
export const LEDGER_LIFE_MS = 7 * 24 * 3600 * 1000;

/** Refuses with `nothing` a broadcast whose ledgers may be gone: users who have its message would not be left out. */
export function checkLedgersThere({ id, startedAtMs }: OtherBroadcast, nowMs: number): void {
  if (nowMs - startedAtMs <= LEDGER_LIFE_MS) return;
  throw new PushCliError("nothing", `--exclude-broadcast ${id}: that broadcast began more than 7 days ago`, {
    hint: "its first ledgers expire after 8 days, so push-cli can't tell who received it; use its --report file as --exclude-file",
  });
}
