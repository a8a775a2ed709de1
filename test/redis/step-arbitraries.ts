import fc from "fast-check";
import type { FinalOutcome } from "../../src/broadcast/outcome.ts";
import type { Errcode, Sighting } from "../../src/broadcast/ports.ts";
import { type Draft, draft } from "./draft-arbitraries.ts";

/**
 * Whose claim a step is about: mostly the run that holds one of the user's, else any run, which then may have none.
 */
export interface Whose {
  client: number;
  holder: boolean;
}

/** What one client, backend or cron job does next; users, clients and earlier entries by number. */
export type Step =
  | { do: "push"; user: number; entries: Draft[] }
  | { do: "push again"; user: number; pick: number }
  | { do: "import"; user: number; fresh: boolean[] }
  | { do: "claim"; client: number; users: number[]; sighting: Sighting; dry: boolean }
  | { do: "next"; whose: Whose; user: number; stale: boolean; errcode: Errcode }
  | { do: "settle"; whose: Whose; users: number[]; outcome: FinalOutcome; errcode?: Errcode; msgid?: string }
  | { do: "release"; whose: Whose; users: number[] }
  | { do: "settle returning"; whose: Whose; user: number; outcome: FinalOutcome; errcode: Errcode }
  | { do: "purge"; users: number[]; dry: boolean; maxCommands: number | undefined };

export const USERS = 2;
export const CLIENTS = 5;

const user = fc.nat(USERS - 1);
const eachUser = fc.uniqueArray(user, { minLength: 1 });
const client = fc.nat(CLIENTS - 1);
const whose = fc.record({ client, holder: fc.constantFrom(true, true, true, false) });
const rarely = fc.constantFrom(false, false, true);

type Arbitraries<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/** The arbitrary of one kind of step, from those of its details. */
function step<Kind extends Step["do"]>(
  kind: Kind,
  details: Arbitraries<Omit<Extract<Step, { do: Kind }>, "do">>,
): fc.Arbitrary<Step> {
  return fc.record(details).map((values) => ({ do: kind, ...values }) as unknown as Step);
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: step("push", { user, entries: fc.array(draft, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: step("push again", { user, pick: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: step("import", { user, fresh: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }) }),
  },
  {
    weight: 8,
    arbitrary: step("claim", {
      client,
      users: fc.array(user, { minLength: 1, maxLength: 4 }),
      sighting: fc.constantFrom<Sighting>("any", "any", "pool", "ledger"),
      dry: rarely,
    }),
  },
  {
    weight: 4,
    arbitrary: step("next", {
      whose,
      user,
      stale: rarely,
      errcode: fc.constantFrom<Errcode>(41028, 41029, "40004/FORM_ID_OVER_TIME"),
    }),
  },
  {
    weight: 4,
    arbitrary: step("settle", {
      whose,
      users: eachUser,
      outcome: fc.constantFrom<FinalOutcome>("sent", "rejected", "failed", "unknown", "no_code"),
      errcode: fc.constantFrom(undefined, -1, 0, 43101, "40004/X") as fc.Arbitrary<Errcode>,
      msgid: fc.constantFrom(
        undefined,
        "1234567890123456789",
        "",
        "a b",
        "1\nsent 1 0 2",
        "\u8868",
      ) as fc.Arbitrary<string>,
    }),
  },
  { weight: 4, arbitrary: step("release", { whose, users: eachUser }) },
  {
    weight: 2,
    arbitrary: step("settle returning", {
      whose,
      user,
      outcome: fc.constantFrom<FinalOutcome>("rejected", "failed"),
      errcode: fc.constantFrom(40003, 43108),
    }),
  },
  {
    weight: 2,
    arbitrary: step("purge", {
      users: eachUser,
      dry: fc.boolean(),
      maxCommands: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    }),
  },
);

export const sequence: fc.Arbitrary<Step[]> = fc.array(anyStep, { minLength: 1, maxLength: 40, size: "max" });
