import fc from "fast-check";
import type { FinalOutcome } from "../../../src/broadcast/outcome.ts";
import type { ModelConsent, Player } from "./claim-model.ts";

export const HOUR_MS = 3_600_000;
export const USERS = 3;

/** Runs of a broadcast: two that share it, one that takes over from those and tries again; and broadcasts beside it. */
export const PLAYERS: Player[] = [
  { broadcastId: "b1", templateId: "T", runId: "ra", deadRuns: [], retry: [] },
  { broadcastId: "b1", templateId: "T", runId: "rb", deadRuns: [], retry: [] },
  { broadcastId: "b1", templateId: "T", runId: "rc", deadRuns: ["ra", "rb"], retry: ["unknown", "failed"] },
  { broadcastId: "b2", templateId: "S", runId: "ra", deadRuns: [], retry: [] },
  { broadcastId: "b3", templateId: "T", runId: "rz", deadRuns: [], retry: [] },
];

/** An entry before its place in the pool and its age are known. */
export interface Draft {
  kind: ModelConsent["kind"];
  /** The number of its way of writing, or of its foreign bytes. */
  form: number;
  isStanding: boolean;
  copies: number;
}

/** The plain form, and others that only TypeScript reads. */
const FORMS: ((id: string, at: number, standing: boolean) => string)[] = [
  (id, at, standing) => `{"consent":"${id}","at":${at}${standing ? ',"standing":true' : ""}}`,
  (id, at, standing) => `{"at":${at},${standing ? '"standing":true,' : ""}"consent":"${id}"}`,
  (id, at, standing) => ` { "consent" : "${id}" ,\n"at" : ${at}, "standing" : ${standing} }\t`,
];
const IDS = [(id: string) => id, (id: string) => `${id}/+=<é>`.replace("é", "~")];
/** What others may have written into the list. */
const FOREIGN = [
  "hello",
  "",
  "\xff\x00\n",
  '{"consent":"a b","at":1764000000000}',
  '{"consent":"-","at":1764000000000}',
  '{"consent":"c","at":1764000000000,"more":1}',
  '{"consent":"c","at":1764000000000,"standing":null}',
  '{"formId":"c","expire":1964000000000}',
  `{"consent":"${"c".repeat(129)}","at":1764000000000}`,
];

export function buildConsents(
  { kind, form, isStanding, copies }: Draft,
  { maxAgeMs, nowMs, newId }: { maxAgeMs: number | undefined; nowMs: number; newId(): string },
): ModelConsent[] {
  return Array.from({ length: copies }, (_, i): ModelConsent => {
    if (kind === "foreign")
      return { kind, bytes: FOREIGN[(form + i) % FOREIGN.length]!, id: "", expireMs: 0 };
    const id = IDS[form % IDS.length]!(newId());
    const at = kind === "expired" ? nowMs - 2 * HOUR_MS : nowMs - 60_000;
    const stands = kind === "standing" || (kind === "expired" && isStanding);
    const bytes = FORMS[form % FORMS.length]!(id, at, stands);
    if (maxAgeMs !== undefined) return { kind, bytes, id, expireMs: at + maxAgeMs };
    return { kind: stands ? "standing" : "once", bytes, id, expireMs: 0 };
  });
}

export type Step =
  | { do: "push"; user: number; template: string; drafts: Draft[] }
  | { do: "claim"; player: number; users: number[]; dry: boolean }
  | { do: "settle"; player: number; holder: boolean; user: number; outcome: FinalOutcome }
  | { do: "release" | "settle returning" | "settle clearing"; player: number; holder: boolean; user: number }
  | { do: "age"; user: number; ms: number };

const user = fc.nat(USERS - 1);
const player = fc.nat(PLAYERS.length - 1);
const mostly = fc.constantFrom(true, true, true, false);

export const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom<ModelConsent["kind"]>("once", "once", "standing", "expired", "expired", "foreign"),
  form: fc.nat(17),
  isStanding: fc.boolean(),
  copies: fc.constantFrom(1, 1, 1, 1, 2, 3, 17),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("push" as const),
      user,
      template: fc.constantFrom("T", "T", "S"),
      drafts: fc.array(draft, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      player,
      users: fc.array(user, { minLength: 1, maxLength: 4 }),
      dry: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      player,
      holder: mostly,
      user,
      outcome: fc.constantFrom<FinalOutcome>("sent", "rejected", "failed", "unknown"),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("release" as const, "settle returning" as const, "settle clearing" as const),
      player,
      holder: mostly,
      user,
    }),
  },
  // Never near half a minute: what the test itself takes must not matter.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("age" as const), user, ms: fc.constantFrom(8000, 8000, 40_000) }),
  },
);

export const sequence: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 1, maxLength: 30, size: "max" });
