import { createHash } from "node:crypto";

/** Where a user stands between 0 and 1 in the draw of a holdout, computed as the manual says. */
export function shareOf(seed: string, openId: string): number {
  const digest = createHash("sha256").update(`${seed}:holdout:${openId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
