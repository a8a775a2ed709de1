import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { makeChoice } from "../../src/broadcast/policy.ts";
import { shareOf } from "./share-of.ts";

const openIds = Array.from({ length: 100_000 }, (_, i) =>
  createHash("sha1").update(`user ${i}`).digest("base64url").slice(0, 28),
);

function heldOut(share: number, seed: string): Set<string> {
  const choice = makeChoice({ holdout: { share, seed } }, undefined);
  return new Set(openIds.filter((openId) => choice.leavesOut(openId) === "held_out"));
}

it.each([0.005, 0.05, 0.5])("holds out a share of %d of 100,000 users", (share) => {
  const mean = openIds.length * share;
  // Five standard deviations of a fair draw.
  const bound = 5 * Math.sqrt(mean * (1 - share));
  for (const seed of ["camp-1", "20261127-100000-abcd", "a seed"])
    expect(Math.abs(heldOut(share, seed).size - mean)).toBeLessThan(bound);
});

it("draws by the first 48 bits of a SHA-256, as anybody can compute it", () => {
  // printf 'camp-1:holdout:oUser0001' | sha256sum | cut -c1-12
  const vectors: [string, string, string][] = [
    ["camp-1", "oUser0001", "0fe0948c9aa4"],
    ["camp-1", "oUser0002", "b1d9a033661e"],
    ["20261127-100000-abcd", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "29eead60bffc"],
    ["a seed", "u", "25c55f3835b3"],
  ];
  for (const [seed, openId, bits] of vectors) {
    const at = Number.parseInt(bits, 16) / 2 ** 48;
    expect(shareOf(seed, openId)).toBe(at);
    const by = (share: number) => makeChoice({ holdout: { share, seed } }, undefined).leavesOut(openId);
    expect([by(at), by(at + 2 ** -48)]).toEqual([undefined, "held_out"]);
  }
});

it("holds out the same users for the same seed, more of them for a larger share, others for another seed", () => {
  const [few, more] = [heldOut(0.05, "camp-1"), heldOut(0.1, "camp-1")];
  expect(heldOut(0.05, "camp-1")).toEqual(few);
  expect([...few].every((openId) => more.has(openId))).toBe(true);
  const common = [...heldOut(0.05, "camp-2")].filter((openId) => few.has(openId)).length;
  // Of independent draws, 5% of 5%: 250 of 100,000.
  expect(Math.abs(common - 250)).toBeLessThan(80);
});
