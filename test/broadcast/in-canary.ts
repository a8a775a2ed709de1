import { createHash } from "node:crypto";

/** Whether a user is in a canary, by the formula of the manual: the model of `draw`. */
export function inCanary(seed: string, share: number, openId: string): boolean {
  const digest = createHash("sha256").update(`${seed}:canary:${openId}`).digest();
  return digest.readUIntBE(0, 6) < share * 2 ** 48;
}
