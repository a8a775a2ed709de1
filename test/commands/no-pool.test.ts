import { expect, it } from "vitest";
import { javaPoolKey, plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const LATER = Date.now() + HOUR_MS;

const COMMANDS = [
  ["pool", "list"],
  ["pool", "stats"],
  ["pool", "stats", "--sample", "10"],
  ["pool", "export"],
  ["purge"],
  ["purge", "--dry-run"],
  ["broadcast", "tmpl", "--yes", "--no-keywords"],
  ["broadcast", "tmpl", "--dry-run"],
];

async function hintOf(argv: string[]): Promise<string> {
  const { code, stderr } = await world.cli([...argv, "--json"]);
  const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
  expect([code, error]).toEqual([
    3,
    { code: "nothing", message: expect.stringMatching(/^no pool /), hint: expect.anything() },
  ]);
  return error.hint;
}

it.each(COMMANDS.map((argv) => [argv]))("%j says where pools are instead", async (argv) => {
  expect(await hintOf(argv)).toBe("no list of codes found in this database; check --redis-url");
  for (let i = 0; i < 1203; i++) await world.redis.client.rpush(`mina:openId:o${i}`, plainEntry("a", LATER));
  expect(await hintOf(argv)).toBe(
    "found pools under 'mina:openId:' (1,203 keys looked at): --pool-prefix mina:openId:",
  );
  // And the hint is right.
  expect((await world.cli([...argv, "--pool-prefix", "mina:openId:"])).code).toBe(0);
});

it("names the form of the keys where that is what differs, or differs too", async () => {
  await world.redis.client.rpush(javaPoolKey("oA"), plainEntry("a", LATER));
  const list = ["pool", "list"];
  expect(await hintOf(list)).toBe("found pools under 'mina:openid:' (1 key looked at): --pool-keys java");
  expect(await hintOf([...list, "--pool-prefix", "x:"])).toBe(
    "found pools under 'mina:openid:' (1 key looked at): --pool-keys java --pool-prefix mina:openid:",
  );
  await world.redis.client.flushall();
  await world.redis.push("oA", plainEntry("a", LATER));
  expect(await hintOf([...list, "--pool-keys", "java"])).toBe(
    "found pools under 'mina:openid:' (1 key looked at): --pool-keys plain",
  );
});

it("names several places, as a shell takes them", async () => {
  for (const key of ["a b:o1", "a b:o2", "it's:o1", "it's:o2", "it's:o3", "z:o1"])
    await world.redis.client.rpush(key, plainEntry("a", LATER));
  expect(await hintOf(["pool", "list"])).toBe(
    "found pools under 'it's:' (3 keys looked at): --pool-prefix 'it'\\''s:'; " +
      "under 'a b:' (2 keys looked at): --pool-prefix 'a b:'; under 'z:' (1 key looked at): --pool-prefix z:",
  );
});

it("says how far it looked in a large database", async () => {
  const batch = world.redis.client.pipeline();
  for (let i = 0; i < 25_000; i++) batch.set(`s:${i}`, "x");
  await batch.exec();
  expect(await hintOf(["purge"])).toBe(
    "no list of codes found among the first 10,000 keys; check --redis-url",
  );
});
