import { expect, it } from "vitest";
import { javaPoolKey, plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";
import { examine } from "./doctor.ts";

const world = useWorld();
const LATER = Date.now() + 24 * HOUR_MS;
const check = async (name: string, argv: string[] = []) =>
  (await examine(world, ["pools", ...argv])).of[`pools ${name}`];

it("finds no pools in an empty database", async () => {
  expect(await check("prefix")).toMatchObject({ state: "warning", found: "no pool under mina:openid:*" });
  expect(await check("entries")).toMatchObject({ state: "skipped" });
});

it.each([
  ["mina:openId:o1", "--pool-prefix mina:openId:"],
  ["pool:{o1}", "--pool-key 'pool:{%}'"],
  [javaPoolKey("o1"), "--pool-keys java"],
])("finds the pools under other keys: %s", async (key, remedy) => {
  await world.redis.client.rpush(key, plainEntry("f1", LATER));
  expect(await check("prefix")).toMatchObject({ state: "failed", remedy });
});

it("finds entries that can't be used, and tells who wrote what", async () => {
  const entries = Array.from({ length: 98 }, (_, i) => plainEntry(`f${i}`, LATER));
  await world.redis.push("o1", ...entries);
  expect(await check("entries")).toMatchObject({ state: "passed" });
  expect(await check("writers")).toMatchObject({ found: "plain JSON 100%" });
  await world.redis.push("o2", "nonsense", plainEntry("undefined", LATER));
  expect(await check("entries")).toMatchObject({
    state: "warning",
    found: "2 of 100 can't be used (1 unreadable, 1 invalid)",
  });
  expect((await check("writers"))?.found).toBe("plain JSON 99%, not known 1%");
});

it("finds codes that claim to live too long, and pools full of expired ones", async () => {
  await world.redis.push("o1", plainEntry("f1", LATER), plainEntry("f2", Date.now() + 24 * 30 * HOUR_MS));
  expect(await check("lifetimes")).toMatchObject({
    state: "warning",
    found: expect.stringMatching(/^1 codes? /),
  });
  expect(await check("expired")).toMatchObject({ state: "passed" });
  await world.redis.push(
    "o2",
    ...Array.from({ length: 3 }, (_, i) => plainEntry(`e${i}`, 1_568_000_000_000)),
  );
  expect(await check("expired")).toMatchObject({ state: "warning", remedy: "push-cli purge" });
});

it("looks into 1,000 pools of many", async () => {
  const pipeline = world.redis.client.pipeline();
  for (let i = 0; i < 3000; i++) pipeline.rpush(`mina:openid:o${i}`, plainEntry(`f${i}`, LATER));
  await pipeline.exec();
  expect(await check("prefix")).toMatchObject({
    state: "passed",
    found: "pools under mina:openid:*: checked 1,000 of them",
  });
});

it("looks into consents where the channel spends those", async () => {
  const channel = ["--channel", "wechat-subscribe"];
  const stdin = '{"openId":"o1","consent":"c1"}\n{"openId":"o2","consent":"c2"}\n';
  await world.cli(["pool", "import", ...channel, "--template", "tpl-1"], { stdin });
  expect(await check("prefix", channel)).toMatchObject({
    state: "passed",
    found: expect.stringMatching(/: 2 in all$/),
  });
  expect(await check("entries", channel)).toMatchObject({ state: "passed" });
});
