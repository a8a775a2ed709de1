import type { CodeReport } from "../collector/ports.ts";
import { codeState, isFormId } from "../pool/code.ts";
import { readEntry } from "../pool/read-entry.ts";
import { toArg } from "./change-users.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { readPools } from "./read-pools.ts";
import type { ScriptArg } from "./scripts.ts";

/**
 * As in take-codes.lua: codes that may be dropped when there are too many, and the maximum that one call
 * removes.
 */
const PLAIN = /^\{"formId":"([^"\\\x00-\x1f]+)","expire":([1-9]\d{12}|[1-9]\d{9})\}$/;
const MAX_DROPS = 256;

interface Droppable {
  raw: string;
  expireMs: number;
}

/** Reads a pool with entries of any form and any length, in bounded calls, for take-codes.lua: see its ARGV. */
export async function readHeldCodes(
  link: RedisLink,
  keys: Keys,
  { openId, codes }: { openId: string; codes: readonly CodeReport[] },
  { cap, nowMs }: { cap: number; nowMs: number },
): Promise<ScriptArg> {
  const numbers = new Map(codes.map(({ formId }, i) => [formId, i + 1]).reverse() as [string, number][]);
  const known = new Set<number>();
  let oldest: Droppable[] = [];
  let [length, valid, last] = [0, 0, ""];
  await readPools(link, keys, [openId], (pieces) => {
    for (const raw of pieces.flatMap(({ entries }) => entries)) {
      length++;
      last = raw;
      const entry = readEntry(raw);
      if (!entry.readable) continue;
      for (const code of entry.codes) {
        const number = numbers.get(code.formId);
        if (number !== undefined) known.add(number);
        if (codeState(code, nowMs) !== "valid") continue;
        valid++;
        if (isDroppable(raw)) oldest.push({ raw, expireMs: code.expireMs });
      }
    }
    if (oldest.length > 4 * MAX_DROPS) oldest = sortOldest(oldest, MAX_DROPS);
  });
  const over = Math.max(0, Math.min(valid + codes.length - cap, MAX_DROPS));
  const words = [length, valid, last.length, known.size === 0 ? "." : [...known].join(",")].join(" ");
  const drops = sortOldest(oldest, over).map(({ raw }) => `\n${raw}`);
  return toArg(`${words}\n${last}${drops.join("")}`);
}

function isDroppable(raw: string): boolean {
  const formId = PLAIN.exec(raw)?.[1];
  return formId !== undefined && isFormId(formId);
}

/** Of two that expire at the same time, the one that came first. */
function sortOldest(all: Droppable[], count: number): Droppable[] {
  return all.sort((a, b) => a.expireMs - b.expireMs).slice(0, count);
}
