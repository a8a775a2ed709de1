import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Ledger, Settlement } from "../../src/broadcast/ports.ts";
import { PushCliError } from "../../src/errors.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { beginPools } from "./purge-to-the-end.ts";
import { dumpAll, FAR, PAST } from "./seed.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());

const old = plainEntry("old", PAST);
const list = (...ids: string[]) => `[${ids.map((id) => plainEntry(id, FAR)).join(",")}]`;

/** Pools of every shape: what a claim does first differs. */
const POOLS: Record<string, string[]> = {
  plain: [plainEntry("f1", FAR), plainEntry("f2", FAR)],
  last: [plainEntry("f3", FAR)],
  late: [old, JAVA_ENTRY, old, plainEntry("f4", FAR), plainEntry("f5", FAR)],
  list: [list("f6", "f7"), list("f8")],
  uses: [`{"formId":"f9","expire":${FAR},"uses":3}`],
  none: [JAVA_ENTRY, old, old],
};
const OPEN_IDS = Object.keys(POOLS);
const CLAIMED = OPEN_IDS.filter((openId) => openId !== "none");

async function seed(): Promise<void> {
  for (const [openId, entries] of Object.entries(POOLS)) await redis.push(openId, ...entries);
}

function ledger(): Ledger {
  return redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
}

const settlement = (openId: string): Settlement => ({
  openId,
  outcome: "rejected",
  attempts: 1,
  errcode: 40003,
});

/** Each refused call, with what has to be there before it. */
const CALLS: [name: string, before: () => Promise<unknown>, call: () => Promise<unknown>][] = [
  ...OPEN_IDS.map((openId): (typeof CALLS)[number] => [
    `claim from a pool '${openId}'`,
    seed,
    () => ledger().claim([openId]),
  ]),
  ["claim of a batch", seed, () => ledger().claim(OPEN_IDS)],
  ["next", () => seed().then(() => ledger().claim(["plain"])), () => ledger().next("plain", "f1", 41029)],
  [
    "next without a code left",
    () => seed().then(() => ledger().claim(["last"])),
    () => ledger().next("last", "f3", 41029),
  ],
  [
    "settle",
    () => seed().then(() => ledger().claim(CLAIMED)),
    () => ledger().settle(CLAIMED.map(settlement)),
  ],
  ["release", () => seed().then(() => ledger().claim(CLAIMED)), () => ledger().release(CLAIMED)],
  [
    "release into a pool that is gone",
    () => seed().then(() => ledger().claim(["last"])),
    () => ledger().release(["last"]),
  ],
  [
    "settling with the code put back",
    () => seed().then(() => ledger().claim(["list"])),
    () => ledger().settleReturning(settlement("list")),
  ],
  [
    "import",
    seed,
    () =>
      redis.open.stores.pools.push([
        { openId: "plain", codes: [{ formId: "new", entry: plainEntry("new", FAR) }] },
      ]),
  ],
  ["purge", seed, () => redis.open.stores.pools.purge(beginPools(OPEN_IDS), { dryRun: false })],
];

/** Fails with a clear error, changes nothing, and does its work once Redis takes writes again. */
async function expectRefused(call: () => Promise<unknown>, allow: () => Promise<unknown>, what: RegExp) {
  const before = await dumpAll(redis);
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PushCliError);
  expect(error).toMatchObject({
    kind: "redis",
    message: expect.stringMatching(what),
    hint: expect.any(String),
    transient: true,
  });
  expect(await dumpAll(redis)).toEqual(before);
  await allow();
  await call();
  expect(await dumpAll(redis)).not.toEqual(before);
}

describe("when maxmemory is reached and nothing may be evicted", () => {
  const allow = () => redis.client.config("SET", "maxmemory", "0");
  beforeEach(async () => {
    await allow();
    await redis.client.config("SET", "maxmemory-policy", "noeviction");
  });

  it.each(CALLS)("%s is refused, and has changed nothing", async (_, before, call) => {
    await before();
    await redis.client.config("SET", "maxmemory", "1");
    await expectRefused(call, allow, /out of memory \(maxmemory\)/);
  });

  it("a dry run and a purge's dry run work all the same", async () => {
    await seed();
    await redis.client.config("SET", "maxmemory", "1");
    const dry = redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun: true });
    expect((await dry.claim(OPEN_IDS)).map(({ status }) => status)).toEqual([
      ...CLAIMED.map(() => "claimed"),
      "no_code",
    ]);
    const step = await redis.open.stores.pools.purge(beginPools(["none"]), { dryRun: true });
    expect(step).toMatchObject({ expired: 2, unreadable: 1 });
    await allow();
  });
});

describe("on a read-only replica", () => {
  const allow = () => redis.client.replicaof("NO", "ONE");
  beforeEach(allow);

  it.each(CALLS)("%s is refused, and has changed nothing", async (_, before, call) => {
    await before();
    // Nobody listens there: the replica keeps what it has.
    await redis.client.replicaof("127.0.0.1", "1");
    await expectRefused(call, allow, /read-only replica/);
  });
});
