import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPlan } from "../e2e/chaos/plan.ts";
import { buildProgram, findRoot, type Program } from "../e2e/chaos/program.ts";
import { playRound } from "../e2e/chaos/round.ts";
import { playRounds, USERS } from "../e2e/chaos/rounds.ts";

playRounds([
  { kind: "plain", seed: 2003 },
  { kind: "redis", seed: 2002 },
  { kind: "joined", seed: 2001 },
  { kind: "sigterm", seed: 2001 },
  { kind: "paused", seed: 2001 },
]);

describe("a program that takes a new code where a dead run had one", () => {
  let broken: Program;
  beforeAll(async () => {
    broken = await buildProgram(findRoot(), "takeover");
  });
  afterAll(() => broken?.remove());

  it("is found out by messages that came twice or never", async () => {
    const { grievances } = await playRound(drawPlan(102, { kind: "plain", users: USERS }), broken.file);
    const wrongs = grievances.flatMap((one) => one.wrongs);
    expect(wrongs.filter((wrong) => /got 2 messages|and got no message/.test(wrong))).not.toEqual([]);
  });
});
