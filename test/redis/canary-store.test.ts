import { beforeEach, expect, it } from "vitest";
import type { BroadcastRecord } from "../../src/broadcast/record.ts";
import { useTestRedis } from "../helpers/use-redis.ts";

const redis = useTestRedis();
const store = () => redis.open.stores.broadcasts;
const CANARY = { share: 0.01, seed: "s", waitMs: 600_000, maxFailed: 0.05, maxRejected: 0.2 };
const FIGURES = { sent: 9, rejected: 1, failed: 0, unknown: 0, undelivered: 0 };

beforeEach(async () => {
  const record: BroadcastRecord = {
    id: "b1",
    firstRunId: "run1",
    appid: "wx-sandbox",
    message: { templateId: "T-1", fields: [] },
    audience: "pools",
    status: "running",
    startedAtMs: 1_800_000_000_000,
    canary: CANARY,
  };
  await store().create(record);
});

it("keeps the first time and the first verdict, of several runs at once", async () => {
  expect(await store().canaryProgress("b1")).toEqual({});
  const times = await Promise.all([1, 2, 3].map((sentAtMs) => store().noteCanary("b1", { sentAtMs })));
  const [first] = times;
  expect(times).toEqual([first, first, first]);
  const failed = { verdict: "failed", why: "canary: 3 of 9 failed", figures: FIGURES } as const;
  const verdicts = await Promise.all([
    store().noteCanary("b1", failed),
    store().noteCanary("b1", { verdict: "passed", figures: FIGURES }),
  ]);
  expect(verdicts[0]).toEqual(verdicts[1]);
  expect((await store().load("b1"))?.canary).toEqual({ ...CANARY, ...verdicts[0] });
});

it("replaces a verdict by an operator's, whole", async () => {
  await store().noteCanary("b1", { verdict: "failed", why: "canary: 3 of 9 failed" });
  await store().overrideCanary("b1", { verdict: "passed", by: "ops@host" });
  expect((await store().load("b1"))?.canary).toEqual({ ...CANARY, verdict: "passed", by: "ops@host" });
});

it("brings no deleted record back", async () => {
  await store().delete({ id: "b1", firstRunId: "run1" });
  expect(await store().noteCanary("b1", { sentAtMs: 1 })).toBeUndefined();
  await store().overrideCanary("b1", { verdict: "passed" });
  expect(await redis.client.exists("mina:broadcast:b1")).toBe(0);
});
