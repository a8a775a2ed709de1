import { expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Settings } from "../../src/config/settings.ts";
import { examine } from "../../src/doctor/examine.ts";
import type { DoctorTools, RedisProbe, ServerFacts } from "../../src/doctor/ports.ts";

const SERVER: ServerFacts = {
  address: "a:6379",
  product: "Redis 7.2.4",
  majorVersion: 7,
  serverId: "1",
  policy: "noeviction",
  maxBytes: 0,
  evictedKeys: 0,
  masterAddress: undefined,
  replicas: [],
  usedBytes: 1,
  hasAof: true,
  savePoints: "",
  hasWriteFailed: false,
};
const START_MS = Date.UTC(2026, 10, 23);
const never = () => Promise.reject(new Error("nobody asks for it"));

/** What the doctor says of a Redis that could not be had for a test. */
async function say(redis: Partial<RedisProbe>, timeoutMs = 60_000) {
  const probe = {
    mode: "one server",
    ping: async () => "PONG",
    now: async () => START_MS,
    servers: async () => [SERVER],
    rights: async () => ({ user: "default", missing: [], absent: [], untried: [] }),
    ...redis,
  } as RedisProbe;
  const tools: DoctorTools = {
    settings: async () => ({}) as Settings,
    redis: async () => probe,
    api: never,
    collector: never,
  };
  const clock = { ...systemClock, now: () => START_MS };
  const checks = await examine(tools, { groups: ["redis"], clock, timeoutMs, onProgress: () => {} });
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

it.each([
  [0, "passed", "agrees"],
  [1500, "passed", "agrees"],
  [5400, "warning", "Redis' clock is 5.4 s ahead of this host's"],
  [-5400, "warning", "Redis' clock is 5.4 s behind this host's"],
])("with Redis' clock %d ms ahead of ours", async (aheadMs, state, found) => {
  const { clock } = await say({ now: async () => START_MS + aheadMs });
  expect(clock).toMatchObject({ state, found: expect.stringContaining(found) });
});

it("a Redis that is far away is slow", async () => {
  const { latency } = await say({ ping: () => systemClock.sleep(60) });
  expect(latency).toMatchObject({ state: "warning", remedy: expect.stringContaining("closer to Redis") });
});

it.each([
  [{ state: "online", lagSec: 1 }, "passed", "a master, 1 replica online"],
  [{ state: "online", lagSec: 60 }, "warning", "the replica b:6379 has been silent for 60 s"],
  [{ state: "wait_bgsave", lagSec: 0 }, "warning", "the replica b:6379 is in the state wait_bgsave"],
])("of a master with the replica %j", async (replica, state, found) => {
  const replicas = [{ address: "b:6379", ...replica }];
  const { replication } = await say({ servers: async () => [{ ...SERVER, replicas }] });
  expect(replication).toMatchObject({ state, found: expect.stringContaining(found) });
});

it("a Redis that is too old, and one that can't write to its disk", async () => {
  const servers = async () => [{ ...SERVER, product: "Redis 4.0.9", majorVersion: 4, hasWriteFailed: true }];
  const { version, persistence } = await say({ servers });
  expect(version).toMatchObject({ state: "failed", found: "Redis 4.0.9 is too old" });
  expect(persistence).toMatchObject({ state: "failed", found: expect.stringContaining("MISCONF") });
});

it("of the servers of a cluster the one that is worst off is named", async () => {
  const other = { ...SERVER, address: "b:6379", usedBytes: 90, maxBytes: 100 };
  const { memory, version } = await say({ servers: async () => [SERVER, other, SERVER] });
  expect(memory).toMatchObject({
    state: "warning",
    found: expect.stringMatching(/^b:6379 of 3 servers: .*\(90%\)$/),
  });
  expect(version).toMatchObject({ state: "passed", found: "all 3 servers: Redis 7.2.4" });
});

it("what fails, or is late, is a finding and keeps nothing else from being told", async () => {
  const { rights, clock, version } = await say(
    { rights: () => new Promise(() => {}), now: () => Promise.reject(new Error("odd")) },
    300,
  );
  expect(rights).toMatchObject({ state: "failed", found: "no answer within 0.3 s" });
  expect(clock).toMatchObject({ state: "failed", found: "odd" });
  expect(version).toMatchObject({ state: "passed" });
});

it("says which rights could not be tried, and which commands are not there", async () => {
  const rights = { user: "u", missing: [], absent: [], untried: ["lpush"] };
  expect((await say({ rights: async () => rights })).rights).toMatchObject({
    state: "passed",
    found: expect.stringMatching(/; not tried: lpush$/),
  });
  expect((await say({ rights: async () => ({ ...rights, absent: ["eval"] }) })).rights).toMatchObject({
    state: "failed",
    found: expect.stringContaining("does not offer eval"),
  });
});
