import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Receipt, ReceiptSearch } from "../../src/broadcast/receipts.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import {
  type FinalRecord,
  finalWithout,
  readFinal,
  writeClaimed,
  writeFinal,
} from "../../src/redis/ledger-record.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { createReceipts } from "../../src/redis/receipts.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";

const BEGAN = 1_790_000_000_000;
const MINUTE = 60_000;
const LEDGER = "mina:consent:{u}:sends";
const RECEIPTS = "mina:consent:{u}:receipts";
const SEARCH: ReceiptSearch = { broadcastId: "b", templateId: "T", startedAtMs: BEGAN };

let redis: TestRedis;
let link: RedisLink;
let receipts: ReturnType<typeof createReceipts>;

beforeAll(async () => {
  redis = await startTestRedis();
  link = await connectRedis({ url: redis.server.url, shownUrl: redis.server.url });
  receipts = createReceipts(link, { keyPrefix: "mina:" });
});
afterAll(async () => {
  link.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.client.flushall();
});

const unknown: FinalRecord = {
  outcome: "unknown",
  run: "r1",
  attempts: 1,
  atMs: BEGAN + 5 * MINUTE,
  errcode: -1,
  formId: "c1",
  msgid: undefined,
  multiUse: true,
  standing: false,
  expireMs: 0,
};
const claimed = writeClaimed({
  run: "r9",
  attempt: 1,
  atMs: BEGAN,
  multiUse: true,
  standing: false,
  k: 1,
  expireMs: 0,
  formId: "c9",
  own: "{}",
  source: "",
});

const event = (some: Partial<Receipt> = {}): Receipt => ({
  openId: "u",
  templateId: "T",
  msgid: "m1",
  status: "delivered",
  atMs: BEGAN + MINUTE,
  ...some,
});
const failed = (some: Partial<Receipt> = {}) => event({ status: "failed", errcode: 43101, ...some });

async function putRecord(some: Partial<FinalRecord> = {}, id = "b"): Promise<void> {
  await redis.client.hset(LEDGER, id, writeFinal({ ...unknown, ...some }));
}

async function settle(...events: Receipt[]): Promise<FinalRecord | undefined> {
  for (const one of events) await receipts.record(one);
  await receipts.settleUnknown(SEARCH, ["u"]);
  return readFinal((await redis.client.hget(LEDGER, "b")) ?? "");
}

describe("record", () => {
  test("keeps what was told, for eight days", async () => {
    expect(await receipts.record(event())).toBe(true);
    expect(await receipts.record(failed({ msgid: "m2" }))).toBe(true);
    expect(await redis.client.hgetall(RECEIPTS)).toEqual({
      "T m1": `delivered - ${BEGAN + MINUTE}`,
      "T m2": `failed 43101 ${BEGAN + MINUTE}`,
    });
    const days = (await redis.client.pttl(RECEIPTS)) / 86_400_000;
    expect(days).toBeGreaterThan(7.9);
    expect(days).toBeLessThanOrEqual(8);
  });

  test("changes nothing at an event that is delivered again", async () => {
    await receipts.record(event());
    await redis.client.pexpire(RECEIPTS, 1_000_000);
    expect(await receipts.record(failed({ atMs: BEGAN + 9 * MINUTE }))).toBe(false);
    expect(await redis.client.hgetall(RECEIPTS)).toEqual({ "T m1": `delivered - ${BEGAN + MINUTE}` });
    expect(await redis.client.pttl(RECEIPTS)).toBeLessThanOrEqual(1_000_000);
  });

  test.each([
    ["openId", { openId: "a{b" }],
    ["template id", { templateId: "a b" }],
    ["msgid", { msgid: "a b" }],
    ["msgid", { msgid: "" }],
    ["time", { atMs: 1.5 }],
    ["errcode", { errcode: "user block" }],
  ])("refuses a %s that would break a record", async (what, some) => {
    await expect(receipts.record(event(some))).rejects.toThrow(what);
    expect(await redis.client.keys("*")).toEqual([]);
  });
});

describe("settleUnknown", () => {
  test("delivered is sent, with the msgid, and stays in the ledger for eight days", async () => {
    await putRecord();
    await receipts.record(event());
    const [found] = await receipts.settleUnknown(SEARCH, ["u"]);
    const now = { outcome: "sent", attempts: 1, formId: "c1", msgid: "m1", atMs: BEGAN + MINUTE };
    expect(found).toEqual({ openId: "u", runId: "r1", errcode: undefined, ...now });
    const kept = readFinal((await redis.client.hget(LEDGER, "b")) ?? "");
    expect(kept).toEqual({ ...unknown, ...now, errcode: undefined });
    expect(await redis.client.pttl(LEDGER)).toBeGreaterThan(7.9 * 86_400_000);
    // There is nothing left to find.
    expect(await receipts.settleUnknown(SEARCH, ["u"])).toEqual([undefined]);
  });

  test("failed is rejected, with its errcode", async () => {
    await putRecord();
    expect(await settle(failed())).toMatchObject({ outcome: "rejected", msgid: "m1", errcode: 43101 });
  });

  test("a dry run says the same and changes nothing", async () => {
    await putRecord();
    await receipts.record(event());
    const [found] = await receipts.settleUnknown(SEARCH, ["u"], { dryRun: true });
    expect(found).toMatchObject({ outcome: "sent", msgid: "m1" });
    expect(await redis.client.hgetall(LEDGER)).toEqual({ b: writeFinal(unknown) });
  });

  test("leaves every other record, and users without one, alone", async () => {
    for (const outcome of ["sent", "rejected", "failed"] as const) {
      await putRecord({ outcome });
      await receipts.record(event());
      expect(await receipts.settleUnknown(SEARCH, ["u", "nobody"])).toEqual([undefined, undefined]);
      expect(await redis.client.hgetall(LEDGER)).toEqual({ b: writeFinal({ ...unknown, outcome }) });
    }
    await redis.client.hset(LEDGER, "b", claimed);
    expect(await settle()).toBeUndefined();
    expect(await redis.client.hget(LEDGER, "b")).toBe(claimed);
  });

  test("a record with a msgid goes by that alone", async () => {
    await putRecord({ msgid: "m2" });
    expect(await settle(event())).toMatchObject({ outcome: "unknown", msgid: "m2" });
    const before = failed({ msgid: "m2", atMs: BEGAN - 9 * MINUTE });
    expect(await settle(before)).toMatchObject({ outcome: "rejected", msgid: "m2" });
  });

  test("what a killed run sent is found however late another settled it", async () => {
    await putRecord({ atMs: BEGAN + 3 * 86_400_000 });
    expect(await settle(event({ atMs: BEGAN + 1000 }))).toMatchObject({ outcome: "sent" });
  });

  test.each<[string, Receipt[]]>([
    ["none", []],
    ["one of another template", [event({ templateId: "TT" }), event({ templateId: "T-" })]],
    ["one of before the broadcast", [event({ atMs: BEGAN - 2 * MINUTE })]],
    ["two that may be it", [event(), event({ msgid: "m2" })]],
    ["two of different kinds", [event(), failed({ msgid: "m2" })]],
  ])("stays unknown with %s", async (_, events) => {
    await putRecord();
    expect(await settle(...events)).toEqual(unknown);
  });

  test("stays unknown beside a receipt that is not understood", async () => {
    await putRecord();
    await redis.client.hset(RECEIPTS, "T m2", "seen by another version");
    expect(await settle(event())).toEqual(unknown);
  });

  test("after several attempts, that one failed says nothing of the others", async () => {
    await putRecord({ attempts: 2 });
    expect(await settle(failed())).toMatchObject({ outcome: "unknown" });
    await redis.client.del(RECEIPTS);
    expect(await settle(event())).toMatchObject({ outcome: "sent" });
  });

  test.each<[string, string, "sent" | "unknown"]>([
    ["claimed", claimed, "unknown"],
    ["unknown", writeFinal(unknown), "unknown"],
    ["sent without a msgid", writeFinal({ ...unknown, outcome: "sent" }), "unknown"],
    ["of another version", "what else", "unknown"],
    ["unknown before it began", writeFinal({ ...unknown, atMs: BEGAN - 2 * MINUTE }), "sent"],
    ["sent with another msgid", writeFinal({ ...unknown, outcome: "sent", msgid: "m7" }), "sent"],
    ["sent with this msgid", writeFinal({ ...unknown, outcome: "sent", msgid: "m1" }), "unknown"],
    ["rejected", finalWithout("rejected", "r", 1, BEGAN + MINUTE, 43101), "sent"],
    ["without a code", finalWithout("no_code", "r", 0, BEGAN + MINUTE), "sent"],
  ])("with another broadcast's record that is %s", async (_, other, outcome) => {
    await putRecord();
    await redis.client.hset(LEDGER, "b2", other);
    expect(await settle(event())).toMatchObject({ outcome });
    expect(await redis.client.hget(LEDGER, "b2")).toBe(other);
  });

  describe("a receipt that names no template", () => {
    const untold = (some: Partial<Receipt> = {}) => event({ templateId: undefined, ...some });

    test("settles when it is the only one", async () => {
      await putRecord();
      expect(await settle(untold())).toMatchObject({ outcome: "sent", msgid: "m1" });
      expect(await redis.client.hgetall(RECEIPTS)).toEqual({ "* m1": `delivered - ${BEGAN + MINUTE}` });
    });

    test("is found by its msgid, whatever others there are", async () => {
      await putRecord({ msgid: "m2" });
      const now = await settle(untold(), untold({ msgid: "m2", status: "failed", errcode: "user_block" }));
      expect(now).toMatchObject({ outcome: "rejected", msgid: "m2", errcode: "user_block" });
    });

    test("settles beside one of a message that is known", async () => {
      await putRecord();
      await redis.client.hset(LEDGER, "b2", writeFinal({ ...unknown, outcome: "sent", msgid: "m7" }));
      expect(await settle(untold(), untold({ msgid: "m7" }))).toMatchObject({ outcome: "sent", msgid: "m1" });
    });

    test.each<[string, Receipt[]]>([
      ["another one since the broadcast began", [untold(), untold({ msgid: "m2" })]],
      [
        "one of long before, which shows that somebody else writes to the user",
        [untold(), untold({ msgid: "m2", atMs: BEGAN - 86_400_000 })],
      ],
      ["one of the template", [untold(), event({ msgid: "m2" })]],
      ["no other, but from before the broadcast", [untold({ atMs: BEGAN - 2 * MINUTE })]],
    ])("settles nothing with %s", async (_, events) => {
      await putRecord();
      expect(await settle(...events)).toEqual(unknown);
    });
  });

  test("does not touch a record that is claimed again meanwhile", async () => {
    await putRecord();
    await receipts.record(event());
    const slow: RedisLink = {
      ...link,
      runBatch: async (script, users, plan, unpack) => {
        await redis.client.hset(LEDGER, "b", claimed);
        return link.runBatch(script, users, plan, unpack);
      },
    };
    const late = createReceipts(slow, { keyPrefix: "mina:" });
    expect(await late.settleUnknown(SEARCH, ["u"])).toEqual([undefined]);
    expect(await redis.client.hget(LEDGER, "b")).toBe(claimed);
  });

  test("works for many users at once, each by their own", async () => {
    const openIds = Array.from({ length: 300 }, (_, i) => `u${i}`);
    for (const [i, openId] of openIds.entries()) {
      await redis.client.hset(`mina:consent:{${openId}}:sends`, "b", writeFinal(unknown));
      if (i % 3 > 0) await receipts.record({ ...(i % 3 === 1 ? event() : failed()), openId, msgid: `m${i}` });
    }
    const found = await receipts.settleUnknown(SEARCH, openIds);
    expect(found.map((one) => one?.outcome)).toEqual(
      openIds.map((_, i) => ["unknown", "sent", "rejected"][i % 3]),
    );
    expect(found.map((one) => one?.msgid)).toEqual(openIds.map((_, i) => (i % 3 > 0 ? `m${i}` : undefined)));
  });
});

/* One user, messages of several broadcasts and templates, receipts for some: whose is whose, nobody may get wrong. */
const message = fc.record({
  template: fc.constantFrom("T", "T2"),
  outcome: fc.constantFrom("sent", "unknown", "rejected" as const),
  arrived: fc.constantFrom("delivered", "failed", "no receipt" as const),
  startsMs: fc.integer({ min: -10, max: 10 }).map((n) => BEGAN + n * MINUTE),
});

test("whatever else was sent, an outcome is the message's own or stays unknown", async () => {
  let settled = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("delivered", "failed", "no receipt" as const),
      fc.array(message, { maxLength: 3 }),
      async (own, others) => {
        await redis.client.flushall();
        await putRecord();
        if (own !== "no receipt") await receipts.record({ ...event({ msgid: "own" }), status: own });
        for (const [i, { template, outcome, arrived, startsMs }] of others.entries()) {
          const msgid = `other${i}`;
          const known = outcome === "sent" ? msgid : undefined;
          await putRecord({ outcome, msgid: known, atMs: startsMs + 1000 }, `b${i}`);
          if (arrived === "no receipt" || outcome === "rejected") continue;
          await receipts.record(
            event({ templateId: template, msgid, status: arrived, atMs: startsMs + 2000 }),
          );
        }
        const now = await settle();
        const right = { delivered: "sent", failed: "rejected", "no receipt": "unknown" }[own];
        expect([right, "unknown"]).toContain(now?.outcome);
        const isSettled = now?.outcome !== "unknown";
        if (isSettled) expect(now?.msgid).toBe("own");
        if (isSettled) settled++;
        // Nothing of the others' is changed, and a second look finds no more.
        expect(await settle()).toEqual(now);
        if (own !== "no receipt" && others.every(({ outcome }) => outcome !== "unknown"))
          expect(isSettled, "nothing else it could be").toBe(true);
      },
    ),
    { numRuns: 150 },
  );
  expect(settled).toBeGreaterThan(10);
});
