import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPlan, type Kind } from "./plan.ts";
import { buildProgram, findRoot, type Program } from "./program.ts";
import { renderFailure } from "./render.ts";
import { hasFailed, playRound } from "./round.ts";

/** The least that a seed draws: the suite has other tests too. */
export const USERS = 1500;

/** Tests that play these rounds. A round that fails says how to play it again. */
export function playRounds(rounds: { kind: Kind; seed: number }[]): void {
  describe("a broadcast that is killed, cut off and resumed", () => {
    let program: Program;
    beforeAll(async () => {
      program = await buildProgram(findRoot());
    });
    afterAll(() => program?.remove());

    it.each(rounds)("reaches everybody once: $kind, seed $seed", async ({ kind, seed }) => {
      const round = await playRound(drawPlan(seed, { kind, users: USERS }), program.file);
      expect(hasFailed(round), renderFailure(round)).toBe(false);
      expect(round.truth.sent).toBeGreaterThan(1000);
    });
  });
}
