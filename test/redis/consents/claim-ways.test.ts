import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClaimReply } from "../../../src/broadcast/ports.ts";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { AT, ledgerKey, poolKey } from "./claim-game.ts";
import { HOUR_MS } from "./claim-steps.ts";

/*
 * A claim has two ways: Lua's for a plain entry at a pool's head, and TypeScript's for all else. The same consents in either
 * form must come to the same.
 */

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

interface Given {
  isStanding: boolean;
  isOld: boolean;
}

/** What a user's ledger says of other broadcasts, and of this one. */
type Past = "nothing" | "on its way" | "long ago" | "sent elsewhere" | "mine" | "busy" | "no code";
const PASTS: Past[] = [
  "nothing",
  "nothing",
  "on its way",
  "long ago",
  "sent elsewhere",
  "mine",
  "busy",
  "no code",
];

const given = fc.record({ isStanding: fc.boolean(), isOld: fc.constantFrom(false, false, true) });

function recordsFor(past: Past, nowMs: number): Record<string, string> {
  const claimed = (run: string, at: number) => `claimed ${run} 1 ${at} 1 1 0 x 0\n`;
  switch (past) {
    case "nothing":
      return {};
    case "on its way":
      return { b2: claimed("r2", nowMs - 20_000) };
    case "long ago":
      return { b2: claimed("r2", nowMs - 40_000) };
    case "sent elsewhere":
      return { b2: `sent r2 1 ${nowMs} - x - 1 0` };
    case "mine":
      return { b: claimed("r", nowMs), b2: claimed("r2", nowMs) };
    case "busy":
      return { b: claimed("other", nowMs) };
    case "no code":
      return { b: `no_code other 0 ${nowMs} - - - 0 0` };
  }
}

let users = 0;

it("the claim in Lua and that in TypeScript decide alike, and leave the same", async () => {
  const nowMs = await redis.open.stores.pools.now();
  const seen = new Set<string>();
  const play = async (consents: Given[], past: Past, maxAgeMs: number | undefined) => {
    const { ledger } = redis.open.stores.sends({ keyPrefix: "mina:", templateId: "T", maxAgeMs });
    const outcomes = await Promise.all(
      [toPlain, toOther].map(async (write) => {
        const openId = `o${users++}`;
        const entries = consents.map((one, i) =>
          write(`c${i}`, nowMs - (one.isOld ? 2 : 0.5) * HOUR_MS, one),
        );
        if (entries.length > 0) await redis.client.rpush(poolKey("T", openId), ...entries);
        const records = recordsFor(past, nowMs);
        if (past !== "nothing") await redis.client.hset(ledgerKey(openId), records);
        const calls = ledger({ broadcastId: "b", runId: "r" });
        const [claimed] = await calls.claim([openId]);
        const between = await lookAt(openId);
        const [released] = await calls.release([openId]);
        return { claimed: nameless(claimed!), between, released, after: await lookAt(openId) };
      }),
    );
    expect(outcomes[1]).toEqual(outcomes[0]);
    seen.add(outcomes[0]!.claimed.status);
  };
  const property = fc.asyncProperty(
    fc.array(given, { maxLength: 4 }),
    fc.constantFrom(...PASTS),
    fc.constantFrom(undefined, HOUR_MS),
    play,
  );
  await fc.assert(property, { numRuns: 600 });
  expect([...seen].sort()).toEqual(["busy", "claimed", "later", "mine", "no_code"]);
});

it("takes the way of Lua for plain entries, and no more than a call", async () => {
  const { ledger } = redis.open.stores.sends({ keyPrefix: "mina:", templateId: "T" });
  const calls = async (write: typeof toPlain) => {
    const openId = `o${users++}`;
    const given = { isOld: false, isStanding: false };
    await redis.client.rpush(poolKey("T", openId), write("c1", 1_764_000_000_000, given));
    await redis.client.config("RESETSTAT");
    await ledger({ broadcastId: "b", runId: "r" }).claim([openId]);
    const stats = await redis.client.info("commandstats");
    return ["evalsha", "eval"].reduce((sum, name) => {
      const found = new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats);
      return sum + Number(found?.[1] ?? 0);
    }, 0);
  };
  await calls(toOther);
  expect(await calls(toPlain)).toBe(1);
  expect(await calls(toOther)).toBe(2);
});

function toPlain(id: string, at: number, { isStanding }: Given): string {
  return `{"consent":"${id}","at":${at}${isStanding ? ',"standing":true' : ""}}`;
}

/** The same consent as another program might write it. */
function toOther(id: string, at: number, { isStanding }: Given): string {
  return ` {"at":${at},"consent":"${id}"${isStanding ? ',"standing":true' : ""}}`;
}

/** Pool and records, with consents in the place of their bytes, and without times. */
async function lookAt(openId: string) {
  const entries = await redis.client.lrange(poolKey("T", openId), 0, -1);
  const records = await redis.client.hgetall(ledgerKey(openId));
  const told = Object.entries(records).map(([id, record]) => {
    const [line = "", bytes = ""] = record.replace(AT, "$1 AT ").split("\n");
    const isClaim = line.startsWith("claimed ") && bytes !== "";
    // The length of the bytes to put back is that of the form.
    return [id, isClaim ? [line.replace(/ [1-9]\d*$/, " LENGTH"), JSON.parse(bytes)] : line];
  });
  return { pool: entries.map((entry) => JSON.parse(entry)), records: Object.fromEntries(told) };
}

/** Without the name, and the time since the claim, which goes on. */
function nameless(reply: ClaimReply) {
  return { ...reply, openId: "", ...("firstAgoMs" in reply ? { firstAgoMs: 0 } : {}) };
}
