import { expect, it } from "vitest";
import { buildProgram, findRoot } from "./program.ts";
import { playRounds } from "./rounds.ts";

// One of each of seven kinds; `npm run soak` plays the others, `npm run chaos` as many as one likes.
playRounds([
  { kind: "listed", seed: 2003 },
  { kind: "redis", seed: 101 },
  { kind: "joined", seed: 204 },
  { kind: "subscribe", seed: 12 },
  { kind: "qq", seed: 31 },
  { kind: "official", seed: 32 },
  { kind: "campaign", seed: 90 },
]);

it("knows the place where to break the program, for a round that has to be found out", async () => {
  const broken = await buildProgram(findRoot(), "takeover");
  expect(broken.file).toMatch(/\.js$/);
  broken.remove();
});
