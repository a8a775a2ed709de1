import { expect, it } from "vitest";
import type { Settings } from "../../src/config/settings.ts";
import type { Finding } from "../../src/doctor/check.ts";
import { examine } from "../../src/doctor/examine.ts";
import type { RedisProbe, ServerFacts } from "../../src/doctor/ports.ts";
import { FakeClock } from "../broadcast/fake-clock.ts";

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

it("placeholder", () => {
  expect([SERVER, examine, FakeClock].length).toBe(3);
  const unused: [Settings?, Finding?, RedisProbe?] = [];
  expect(unused).toEqual([]);
});
