import { expect, it } from "vitest";
import { useTestRedis } from "../../helpers/use-redis.ts";
import { AT, ledgerKey, poolKey } from "./claim-game.ts";

const redis = useTestRedis();

function calls(options: { broadcastId?: string; runId?: string; dryRun?: boolean; retry?: "failed"[] } = {}) {
  const { ledger } = redis.open.stores.sends({ keyPrefix: "mina:" });
  return ledger({ broadcastId: "b", runId: "r", ...options });
}

const record = async () => (await redis.client.hget(ledgerKey("oA"), "b"))?.replace(AT, "$1 AT ") ?? "none";
const CLAIMED = { status: "claimed", formId: "-", expireMs: 0, multiUse: true, attempt: 1 };

/** What may lie where the pool of a template would be, whatever its name is: nothing of it matters. */
const POOLS: [string, (key: string) => Promise<unknown>][] = [
  ["no key", async () => undefined],
  ["a consent", (key) => redis.client.rpush(key, '{"consent":"c1","at":1764000000000}')],
  ["a string", (key) => redis.client.set(key, "x")],
  ["a long list", (key) => redis.client.rpush(key, ...Array.from({ length: 1500 }, () => "x"))],
];

it.each(POOLS)("without a pool, everything works whatever is there: %s", async (_, make) => {
  for (const name of ["any", "T"]) await make(poolKey(name, "oA"));
  const dump = async () =>
    Promise.all(["any", "T"].map((name) => redis.client.dumpBuffer(poolKey(name, "oA"))));
  const before = await dump();
  expect(await calls({ dryRun: true }).claim(["oA"])).toMatchObject([CLAIMED]);
  expect(await record()).toBe("none");
  expect(await calls().claim(["oA", "oA"])).toMatchObject([CLAIMED, { ...CLAIMED, status: "mine" }]);
  expect(await record()).toBe("claimed r 1 AT 2 1 0 - 0\n-");
  expect(await calls({ runId: "r2" }).claim(["oA"])).toMatchObject([{ status: "busy", run: "r" }]);
  expect(await calls({ broadcastId: "b2" }).claim(["oA"])).toMatchObject([{ status: "later" }]);
  expect(await calls().release(["oA"])).toEqual([true]);
  expect(await record()).toBe("none");
  await calls().claim(["oA"]);
  const failed = { openId: "oA", outcome: "failed" as const, attempts: 1, errcode: 47003 };
  expect(await calls().settleReturning(failed)).toBe(true);
  expect(await record()).toBe("failed r 1 AT 47003 - - 0 0");
  const again = calls({ runId: "r2", retry: ["failed"] });
  expect(await again.claim(["oA"])).toMatchObject([{ ...CLAIMED, retried: "failed" }]);
  const refused = { openId: "oA", outcome: "rejected" as const, attempts: 1, errcode: 43101 };
  expect(await again.settleClearing(refused)).toEqual({ settled: true, dropped: 0 });
  expect(await record()).toBe("rejected r2 1 AT 43101 - - 0 0");
  expect(await dump()).toEqual(before);
});

it("settles many, and makes nothing but ledgers", async () => {
  const openIds = Array.from({ length: 500 }, (_, i) => `o${i}`);
  const claimed = await calls().claim(openIds);
  expect(claimed.filter(({ status }) => status === "claimed")).toHaveLength(500);
  const settled = await calls().settle(
    openIds.map((openId) => ({ openId, outcome: "sent", attempts: 1, msgid: "7" })),
  );
  expect(settled).toEqual(openIds.map(() => true));
  const keys = await redis.client.keys("*");
  expect(keys.sort()).toEqual(openIds.map(ledgerKey).sort());
  expect((await redis.client.hget(ledgerKey("o7"), "b"))?.replace(AT, "$1 AT ")).toBe(
    "sent r 1 AT - - 7 2 0",
  );
});
