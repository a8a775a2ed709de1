import { describe, expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const now = Date.now();

interface Line {
  openId: string;
  valid: number;
  expired: number;
  invalid: number;
  unreadable: number;
  nextExpiry: string | null;
  lastExpiry: string | null;
}

/** Codes of a pool, by the hours that they last. */
async function givePool(openId: string, ...hours: number[]): Promise<void> {
  const entries = hours.map((hour, i) => plainEntry(`${openId}${i}`, now + hour * HOUR_MS));
  await world.redis.push(openId, ...entries);
}

async function list(...flags: string[]): Promise<Line[]> {
  return (await world.cli(["pool", "list", "--json", ...flags])).lines<Line>();
}

async function names(...flags: string[]): Promise<string[]> {
  return (await list(...flags)).map(({ openId }) => openId);
}

const iso = (hours: number) => new Date(now + hours * HOUR_MS).toISOString();

describe("pool list", () => {
  it("counts codes of every kind in each pool, and says when the first and the last expire", async () => {
    await givePool("oA", 30, 2, -5, 7);
    await world.redis.push("oA", "junk", plainEntry("the formId is a mock one", now + HOUR_MS));
    await givePool("oB", -1);
    expect((await list()).sort((a, b) => (a.openId < b.openId ? -1 : 1))).toEqual([
      {
        openId: "oA",
        valid: 3,
        expired: 1,
        invalid: 1,
        unreadable: 1,
        nextExpiry: iso(2),
        lastExpiry: iso(30),
      },
      { openId: "oB", valid: 0, expired: 1, invalid: 0, unreadable: 0, nextExpiry: null, lastExpiry: null },
    ]);
  });

  it("gives a pipe tab-separated rows, with empty cells where there is no expiry", async () => {
    await givePool("oB", -1);
    expect((await world.cli(["pool", "list"])).stdout).toBe("oB\t0\t1\t0\t\t\n");
  });

  it("shows a person a table that fits into 80 columns", async () => {
    await givePool("oABCD0001efghijklmnopqrstuvw", 150.1, 165.1);
    await givePool("oABCD0002efghijklmnopqrstuvw", -1);
    const { stdout } = await world.screen(["pool", "list", "--sort", "expiry"]);
    const [title, , first, second] = stdout.split("\n");
    expect(title).toMatch(/^openId +valid +expired +unreadable +expires in +last in$/);
    expect(first).toMatch(/^oABCD0001efghijklmnopqrstuvw +2 +0 +0 +6d 6h +6d 21h$/);
    expect(second).toMatch(/^oABCD0002efghijklmnopqrstuvw +0 +1 +0$/);
  });

  it("sorts by expiry, pools without a valid code last", async () => {
    await givePool("oA", 30, 9);
    await givePool("oB", -1);
    await givePool("oC", 2);
    await givePool("oD", 9);
    expect(await names("--sort", "expiry")).toEqual(["oC", "oA", "oD", "oB"]);
    expect(await names("--sort", "expiry", "--limit", "2")).toEqual(["oC", "oA"]);
  });

  it("sorts by valid codes, most first", async () => {
    await givePool("oA", 1);
    await givePool("oB", 1, 2, 3);
    await givePool("oC", -1, -2, -3, -4);
    await givePool("oD", 1, 2);
    expect(await names("--sort", "valid")).toEqual(["oB", "oD", "oA", "oC"]);
  });

  it("leaves out pools below --min-valid, before it counts --limit", async () => {
    await givePool("oA", 1);
    await givePool("oB", 1, 2);
    await givePool("oC", -1, 5);
    await givePool("oD", 1, 2, 3);
    expect((await names("--min-valid", "2")).sort()).toEqual(["oB", "oD"]);
    expect(await names("--min-valid", "2", "--limit", "1", "--sort", "valid")).toEqual(["oD"]);
    expect(await names("--min-valid", "0")).toHaveLength(4);
  });

  it("finds the best of many pools with a limit, whatever order they come in", async () => {
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 3000; i++) {
      const openId = `o${(i * 7919) % 3000}`;
      batch.rpush(
        `mina:openid:${openId}`,
        plainEntry(openId, now + HOUR_MS + Number(openId.slice(1)) * 1000),
      );
    }
    await batch.exec();
    expect(await names("--sort", "expiry", "--limit", "5")).toEqual(["o0", "o1", "o2", "o3", "o4"]);
    expect(new Set(await names()).size).toBe(3000);
    expect(await names("--limit", "7")).toHaveLength(7);
  });

  it("lists only what is a pool", async () => {
    await givePool("oA", 1);
    await world.redis.client.set("mina:openid:oText", "text");
    await world.redis.client.hset("{mina:openid:oA}:sends", "b", "1");
    await world.redis.client.rpush("mina:openid:has space", plainEntry("x", now + HOUR_MS));
    expect(await names()).toEqual(["oA"]);
  });

  it.each([
    [[], "there is no pool under 'mina:openid:*'"],
    [["--min-valid", "9"], "there is no pool that these options let through under 'mina:openid:*'"],
  ])("says that there is nothing to list %j", async (flags, message) => {
    if (flags.length > 0) await givePool("oA", 1);
    const { code, stdout, stderr } = await world.cli(["pool", "list", ...flags]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(new RegExp(`^error: ${message.replace("*", "\\*")}\nhint: `));
  });

  it("looks under the prefix that it is given, also one with characters of globs", async () => {
    await world.redis.client.rpush("a[b]*:oX", plainEntry("x", now + HOUR_MS));
    await world.redis.client.rpush("ab*:oY", plainEntry("x", now + HOUR_MS));
    expect(await names("--pool-prefix", "a[b]*:")).toEqual(["oX"]);
  });
});
