import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPlan, type Kind } from "./plan.ts";
import { buildProgram, findRoot, type Program } from "./program.ts";
import { renderFailure } from "./render.ts";
import { hasFailed, playRound } from "./round.ts";

/** A few rounds of each quick kind; `npm run chaos` plays more. A round that fails says how to play it again. */
const SEEDS: Record<Exclude<Kind, "paused">, number[]> = {
  plain: [2003],
  listed: [2003],
  redis: [101, 2002],
  joined: [204, 2001],
  sigterm: [2001],
};

/** The least that a seed draws: the suite has other tests too. */
const USERS = 1500;
const ROUND_MS = 60_000;

describe("a broadcast that is killed, cut off and resumed", () => {
  let program: Program;
  beforeAll(async () => {
    program = await buildProgram(findRoot());
  });
  afterAll(() => program?.remove());

  const rounds = Object.entries(SEEDS).flatMap(([kind, seeds]) => seeds.map((seed) => ({ kind, seed })));
  it.each(rounds)("reaches everybody once: $kind, seed $seed", { timeout: ROUND_MS }, async (one) => {
    const round = await playRound(drawPlan(one.seed, { kind: one.kind as Kind, users: USERS }), program.file);
    expect(hasFailed(round), renderFailure(round)).toBe(false);
    expect(round.truth.sent).toBeGreaterThan(1000);
  });
});

describe("a program that takes a new code where a dead run had one", () => {
  let broken: Program;
  beforeAll(async () => {
    broken = await buildProgram(findRoot(), "takeover");
  });
  afterAll(() => broken?.remove());

  it("is found out by messages that came twice or never", { timeout: ROUND_MS }, async () => {
    const { grievances } = await playRound(drawPlan(102, { kind: "plain", users: USERS }), broken.file);
    const wrongs = grievances.flatMap((one) => one.wrongs);
    expect(wrongs.filter((wrong) => /got 2 messages|and got no message/.test(wrong))).not.toEqual([]);
  });
});
