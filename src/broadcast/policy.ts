import { PushCliError } from "../errors.ts";
import { compileGlob } from "./glob.ts";

/**
 * What a broadcast's own settings leave users out by, in the order in which they are looked at: who is left out counts under
 * the first that applies. Who has no valid permission at all is `no_code` before the last two are asked.
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

/**
 * Whom of its audience a broadcast may send to. Kept in its record: all of its runs go by it. It decides about users when they
 * are claimed first; whom a run has chosen stays chosen.
 */
export interface Policy {
  /** A glob on the openId. */
  match?: string | undefined;
  /** How many openIds are left out by a list, which is kept beside the record. */
  exclude?: number | undefined;
  /** Not those who have these messages, or may have them: records that say sent, unknown or claimed. */
  notIn?: OtherBroadcast[] | undefined;
  /** Only those whose message would spend a permission that expires within so many ms. */
  expiringWithinMs?: number | undefined;
  /** Only those with at least so many valid permissions; a standing right is as many as one likes. */
  minValid?: number | undefined;
}

/** The openIds of a list that leaves users out, each once. May be read more than once. */
export interface Excluded {
  count: number;
  pages(): AsyncIterable<string[]>;
}

/** A policy at work, as a claim takes it. */
export interface Choice {
  policy: Policy;
  /** What leaves a user out whatever pool and ledger hold: the same in every run. */
  leavesOut(openId: string): Filter | undefined;
}

/** `excluded`: the list whose length the policy has. */
export function makeChoice(policy: Policy, excluded: { has(openId: string): boolean } | undefined): Choice {
  const fits = policy.match === undefined ? undefined : compileGlob(policy.match);
  return {
    policy,
    leavesOut: (openId) => {
      if (fits && !fits(openId)) return "match";
      return excluded?.has(openId) ? "exclude" : undefined;
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
export function filtersOf(policy: Policy): Filter[] {
  return FILTERS.filter((name) => policy[SETTINGS[name]] !== undefined);
}

export function sumFiltered(filtered: Filtered | undefined): number {
  return Object.values(filtered ?? {}).reduce((sum, count) => sum + count, 0);
}

/**
 * What runs have counted of users left out, for each filter that there is. Every run meets all of them anew, so that their
 * numbers must not be added up. Undefined without filters.
 */
export function mergeFiltered(
  policy: Policy | undefined,
  runs: readonly (Filtered | undefined)[],
): Filtered | undefined {
  if (!policy) return undefined;
  return Object.fromEntries(
    filtersOf(policy).map((name) => [name, Math.max(0, ...runs.map((counts) => counts?.[name] ?? 0))]),
  );
}

/**
 * A ledger lives for eight days from its own last write, and those of the first run may have had none since; so its age is
 * that of the broadcast. A day earlier, all of them are still there.
 */
export const LEDGER_LIFE_MS = 7 * 24 * 3600 * 1000;

/** Refuses with `nothing` a broadcast whose ledgers may be gone: nobody would be left out for having its message. */
export function checkLedgersThere({ id, startedAtMs }: OtherBroadcast, nowMs: number): void {
  if (nowMs - startedAtMs <= LEDGER_LIFE_MS) return;
  throw new PushCliError("nothing", `--not-in ${id}: that broadcast began more than 7 days ago`, {
    hint: "its first ledgers expire after 8 days, so push-cli can't tell who received it; use its --report file as --exclude-file",
  });
}
