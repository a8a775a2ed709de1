import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const LATER = Date.now() + 50 * HOUR_MS;
const OLD = 1_568_000_000_000;

interface Purged {
  poolsScanned: number;
  poolsChanged: number;
  poolsRemoved: number;
  expiredRemoved: number;
  unreadableKept: number;
  durationMs: number;
  complete: boolean;
  dryRun: boolean;
}

/** What may stand in a pool and is to stay, byte for byte. */
const KEPT = [
  plainEntry("good", LATER),
  `{"expire" : ${LATER} ,  "formId":"spaced out"}`,
  `{"@class":"com.example.VO","formId":"a\\u0031","expire":["java.lang.Long",${LATER}]}`,
  `["java.util.ArrayList",[{"formId":"x","expire":${LATER}},{"formId":"y","expire":${LATER}}]]`,
  plainEntry("the formId is a mock one", LATER),
  "\xac\xed\x00\x05sr\x00\x1c",
  "not json",
  "",
  '{"formId":"no expiry"}',
  '{"formId":"text as expiry","expire":"soon"}',
  "\xff\xfe\x00binary\r\n",
];

const EXPIRED = [
  plainEntry("old", OLD),
  `{"formId":"seconds","expire":${OLD / 1000}}`,
  `["com.example.VO",{"formId":"old","expire":${OLD}}]`,
  JSON.stringify(plainEntry("twice", OLD)),
  `[{"formId":"x","expire":${OLD}},{"formId":"y","expire":1568000000000}]`,
  plainEntry("the formId is a mock one", OLD),
  `{"formId":"long","expire":${OLD}L}`,
];

function countCodes(entries: string[]): number {
  return entries.reduce((sum, entry) => sum + (entry.startsWith("[{") ? 2 : 1), 0);
}

async function purge(...flags: string[]): Promise<Purged> {
  const result = await world.cli(["purge", "--json", ...flags]);
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return result.json<Purged>();
}

describe("purge", () => {
  it("removes expired codes wherever they stand, and leaves the rest byte for byte in its order", async () => {
    const between = KEPT.map((_, i) => EXPIRED[i % EXPIRED.length] ?? "");
    await world.redis.push("oMixed", ...EXPIRED, ...KEPT.flatMap((entry, i) => [entry, between[i] ?? ""]));
    await world.redis.push("oGood", ...KEPT);
    await world.redis.push("oGone", ...EXPIRED);
    const totals = await purge();
    expect(await world.redis.pools()).toEqual({ "mina:openid:oMixed": KEPT, "mina:openid:oGood": KEPT });
    const { durationMs, ...counts } = totals;
    expect(counts).toEqual({
      poolsScanned: 3,
      passedOver: 0,
      poolsChanged: 2,
      poolsRemoved: 1,
      expiredRemoved: countCodes([...EXPIRED, ...EXPIRED, ...between]),
      unreadableKept: 12,
      complete: true,
      dryRun: false,
    });
    expect(durationMs).toBeGreaterThanOrEqual(0);
  });

  it("takes the expired codes out of a list in one entry, and leaves its others", async () => {
    await world.redis.push("oA", `[{"formId":"x","expire":${OLD}}, {"formId":"y","expire":${LATER}}]`);
    expect(await purge()).toMatchObject({ expiredRemoved: 1, poolsChanged: 1, poolsRemoved: 0 });
    const shown = (await world.cli(["pool", "show", "oA", "--json"])).json<{ codes: unknown[] }>();
    expect(shown.codes).toMatchObject([{ formId: "y", expire: LATER, state: "valid" }]);
  });

  it("touches nothing but pools: other keys, other types, lifetimes", async () => {
    const { client } = world.redis;
    await client.set("mina:openid:oText", plainEntry("old", OLD));
    await client.rpush("other:list", plainEntry("old", OLD));
    await client.hset("{mina:openid:oA}:sends", "b1", "record");
    await world.redis.push("oA", plainEntry("old", OLD), ...KEPT);
    await purge();
    expect(await client.get("mina:openid:oText")).toBe(plainEntry("old", OLD));
    expect(await client.lrange("other:list", 0, -1)).toEqual([plainEntry("old", OLD)]);
    expect(await client.hgetall("{mina:openid:oA}:sends")).toEqual({ b1: "record" });
    expect(await client.ttl("mina:openid:oA")).toBe(-1);
    expect(await client.exists("mina:lock:purge")).toBe(0);
  });

  it("counts the same in a dry run, and changes nothing", async () => {
    for (let i = 0; i < 300; i++) {
      const entries = [...KEPT, ...EXPIRED].filter((_, n) => (i * 31 + n * 17) % 5 < 2);
      await world.redis.push(`o${i}`, ...entries, ...(i % 3 === 0 ? EXPIRED : []));
    }
    await world.redis.push("oGone", ...EXPIRED);
    const before = await world.redis.pools();
    const { durationMs: _, dryRun, ...planned } = await purge("--dry-run");
    expect(dryRun).toBe(true);
    expect(await world.redis.pools()).toEqual(before);
    expect(await purge()).toMatchObject(planned);
    expect(planned.expiredRemoved).toBeGreaterThan(1000);
    expect(await purge("--dry-run")).toMatchObject({ expiredRemoved: 0, poolsChanged: 0, poolsRemoved: 0 });
  });

  it("purges a pool of thousands of codes, and thousands of pools", async () => {
    const long = Array.from({ length: 5000 }, (_, i) => plainEntry(`f${i}`, i % 3 === 0 ? LATER : OLD));
    await world.redis.push("oLong", ...long);
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 3000; i++)
      batch.rpush(`mina:openid:o${i}`, plainEntry("old", OLD), plainEntry("new", LATER));
    await batch.exec();
    expect(await purge()).toMatchObject({
      poolsScanned: 3001,
      expiredRemoved: 3000 + 3333,
      poolsChanged: 3001,
    });
    expect(await world.redis.entries("oLong")).toEqual(long.filter((_, i) => i % 3 === 0));
  });

  it("loses nothing of what a backend pushes meanwhile", async () => {
    const backend = new Redis(world.redis.url);
    const users = Array.from({ length: 40 }, (_, i) => `o${i}`);
    const pushed = new Map<string, string[]>(users.map((openId) => [openId, []]));
    for (const openId of users) await world.redis.push(openId, ...Array(200).fill(plainEntry("old", OLD)));
    let stop = false;
    const pushing = (async () => {
      for (let n = 0; !stop; n++) {
        const openId = users[n % users.length] ?? "";
        const entry = n % 4 === 0 ? `unreadable ${n}` : plainEntry(`new${n}`, LATER);
        await backend.rpush(`mina:openid:${openId}`, entry);
        pushed.get(openId)?.push(entry);
      }
    })();
    let removed = 0;
    for (let round = 0; round < 5; round++) removed += (await purge()).expiredRemoved;
    stop = true;
    await pushing;
    backend.disconnect();
    expect(removed).toBe(40 * 200);
    expect([...pushed.values()].flat().length).toBeGreaterThan(50);
    for (const openId of users) expect(await world.redis.entries(openId)).toEqual(pushed.get(openId));
  });

  it("tells a person what it did, and what it would do", async () => {
    await world.redis.push("oA", plainEntry("old", OLD), "junk");
    await world.redis.push("oB", plainEntry("old", OLD));
    const dry = await world.screen(["purge", "--dry-run"]);
    expect(dry.stdout).toMatch(
      /^would remove 2 expired codes from 2 of 2 pools in .*\n1 pool would be empty and removed\n1 unreadable entry kept\n$/,
    );
    const real = await world.screen(["purge"]);
    expect(real.stdout).toMatch(
      /^removed 2 expired codes from 2 of 2 pools in .*\n1 pool empty and removed\n/,
    );
  });

  it.each([[[]], [["--dry-run"]], [["--quiet"]]])(
    "with no pool at all has nothing to do %j",
    async (flags) => {
      await world.redis.client.rpush("mina:openId:oA", plainEntry("old", OLD));
      const { code, stdout, stderr } = await world.cli(["purge", "--json", ...flags]);
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({
        poolsScanned: 0,
        complete: true,
        dryRun: flags.includes("--dry-run"),
      });
      expect(JSON.parse(stderr)).toEqual({
        error: {
          code: "nothing",
          message: "no pool found under 'mina:openid:*'",
          hint: "found pools under 'mina:openId:' (1 key looked at): --pool-prefix mina:openId:",
        },
      });
      expect(await world.redis.client.exists("mina:lock:purge")).toBe(0);
      const told = await world.screen(["purge", ...flags]);
      expect([told.code, told.stderr]).toEqual([
        3,
        expect.stringMatching(
          /^error: no pool found under 'mina:openid:\*'\nhint: found pools under 'mina:openId:'/m,
        ),
      ]);
    },
  );

  it("takes a duration longer than timers can be", async () => {
    await world.redis.push("oA", plainEntry("old", OLD));
    expect(await purge("--max-duration", "90d")).toMatchObject({ complete: true, expiredRemoved: 1 });
  });

  it("stops cleanly when its time is up, and says that it did", async () => {
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 20_000; i++) batch.rpush(`mina:openid:o${i}`, plainEntry("old", OLD));
    await batch.exec();
    const first = await purge("--max-duration", "1ms");
    expect(first.complete).toBe(false);
    expect(first.poolsScanned).toBeLessThan(20_000);
    expect(await world.redis.client.exists("mina:lock:purge")).toBe(0);
    const second = await purge();
    expect(second.complete).toBe(true);
    expect(first.expiredRemoved + second.expiredRemoved).toBe(20_000);
  });

  it("stops cleanly at a signal, and gives its lock back", async () => {
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 20_000; i++) batch.rpush(`mina:openid:o${i}`, plainEntry("old", OLD));
    await batch.exec();
    const sendWhenAtWork = async (signal: (name: "SIGTERM") => void) => {
      while ((await world.redis.client.dbsize()) > 19_900);
      signal("SIGTERM");
    };
    const result = await world.cli(["purge", "--json"], { onStart: (signal) => void sendWhenAtWork(signal) });
    expect(result.code).toBe(143);
    expect(result.json<Purged>()).toMatchObject({ complete: false });
    expect(await world.redis.client.exists("mina:lock:purge")).toBe(0);
  });

  it("is one at a time; a dry run may look on", async () => {
    await world.redis.client.set("mina:lock:purge", "somebody", "PX", 60_000);
    await world.redis.push("oA", plainEntry("old", OLD));
    const refused = await world.cli(["purge", "--json"]);
    expect([refused.code, refused.stdout]).toEqual([10, ""]);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: "locked", hint: expect.any(String) } });
    expect(await world.redis.entries("oA")).toHaveLength(1);
    expect(await purge("--dry-run")).toMatchObject({ expiredRemoved: 1 });
    expect(await world.redis.client.get("mina:lock:purge")).toBe("somebody");
  });
});
