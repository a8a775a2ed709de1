import { hash } from "node:crypto";

/** What a user is drawn for; the draws are independent of each other. */
export type Draw = "holdout" | "variant" | "canary";

/**
 * A number from 0 (inclusive) to 1 that depends on nothing but these texts: the same in every run, on every machine.
 * It is the first 48 bits of the SHA-256 of `<seed>:<draw>:<openId>`, so that other programs can find out the same.
 */
export function draw(seed: string, of: Draw, openId: string): number {
  return Number.parseInt(hash("sha256", `${seed}:${of}:${openId}`, "hex").slice(0, 12), 16) / 2 ** 48;
}
