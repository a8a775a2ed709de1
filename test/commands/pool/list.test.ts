import fc from "fast-check";
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

  it("leaves out pools above --max-valid, so that those without a valid code can be found", async () => {
    await givePool("oA", 1);
    await givePool("oB", -1);
    await givePool("oC", 1, 2);
    expect(await names("--max-valid", "0")).toEqual(["oB"]);
    expect((await names("--max-valid", "1")).sort()).toEqual(["oA", "oB"]);
    expect(await names("--max-valid", "1", "--min-valid", "1")).toEqual(["oA"]);
  });

  it("finds those with a code that expires within a time", async () => {
    await givePool("oA", 5, 100);
    await givePool("oB", 30);
    await givePool("oC", -1);
    await givePool("oD", 23);
    expect((await names("--expiring-within", "24h")).sort()).toEqual(["oA", "oD"]);
    expect(await names("--expiring-within", "6h", "--sort", "expiry")).toEqual(["oA"]);
    expect((await names("--expiring-within", "7d")).sort()).toEqual(["oA", "oB", "oD"]);
  });

  it("finds those with something unreadable in them", async () => {
    await givePool("oA", 1);
    await givePool("oB", 1);
    await world.redis.push("oB", "junk");
    await world.redis.push("oC", "junk");
    expect((await names("--unreadable")).sort()).toEqual(["oB", "oC"]);
    expect(await names("--unreadable", "--min-valid", "1")).toEqual(["oB"]);
  });

  it("finds openIds by a pattern, also one with characters that patterns are made of", async () => {
    for (const openId of ["oAB1", "oAB2", "oAC1", "o*B1", "xoAB1"]) await givePool(openId, 1);
    expect((await names("--match", "oAB*")).sort()).toEqual(["oAB1", "oAB2"]);
    expect((await names("--match", "oA?1")).sort()).toEqual(["oAB1", "oAC1"]);
    expect((await names("--match", "oA[BC]1")).sort()).toEqual(["oAB1", "oAC1"]);
    expect(await names("--match", "o\\*B1")).toEqual(["o*B1"]);
    expect(await names("--match", "oAB1")).toEqual(["oAB1"]);
    expect((await names("--match", "*", "--pool-prefix", "mina:openid:x")).sort()).toEqual(["oAB1"]);
  });

  it("is what filtering and sorting everything at once would give", async () => {
    const pool = fc.record({
      hours: fc.array(fc.oneof(fc.integer({ min: -30, max: -1 }), fc.integer({ min: 1, max: 60 })), {
        maxLength: 4,
      }),
      junk: fc.boolean(),
    });
    const filters = fc.record(
      {
        min: fc.integer({ min: 0, max: 3 }),
        more: fc.integer({ min: 0, max: 2 }),
        within: fc.integer({ min: 1, max: 60 }),
        unreadable: fc.constant(true),
        limit: fc.integer({ min: 1, max: 8 }),
        sort: fc.constantFrom("valid", "expiry"),
      },
      { requiredKeys: ["sort"] },
    );
    const check = async (
      given: { hours: number[]; junk: boolean }[],
      {
        min,
        more,
        within,
        unreadable,
        limit,
        sort,
      }: {
        min?: number;
        more?: number;
        within?: number;
        unreadable?: true;
        limit?: number;
        sort: "valid" | "expiry";
      },
    ) => {
      await world.redis.client.flushall();
      const all = given.map(({ hours, junk }, i) => ({
        openId: `o${i}`,
        live: hours.filter((h) => h > 0),
        junk,
        hours,
      }));
      for (const { openId, hours, junk } of all) {
        if (hours.length > 0) await givePool(openId, ...hours);
        if (junk) await world.redis.push(openId, "junk");
      }
      const max = more === undefined ? undefined : (min ?? 0) + more;
      const flags = [
        ...(min === undefined ? [] : ["--min-valid", String(min)]),
        ...(max === undefined ? [] : ["--max-valid", String(max)]),
        ...(within === undefined ? [] : ["--expiring-within", `${within * 60 + 30}m`]),
        ...(unreadable ? ["--unreadable"] : []),
        ...(limit === undefined ? [] : ["--limit", String(limit)]),
      ];
      const next = (one: { live: number[] }) => Math.min(...one.live, Number.MAX_VALUE);
      const expected = all
        .filter(({ hours, junk }) => hours.length > 0 || junk)
        .filter(({ live }) => live.length >= (min ?? 0) && live.length <= (max ?? 99))
        .filter((one) => within === undefined || next(one) <= within)
        .filter(({ junk }) => !unreadable || junk)
        .sort(
          (a, b) =>
            (sort === "valid" ? b.live.length - a.live.length : next(a) - next(b)) ||
            (a.openId < b.openId ? -1 : 1),
        )
        .slice(0, limit)
        .map(({ openId }) => openId);
      expect(await names("--sort", sort, ...flags)).toEqual(expected);
    };
    await fc.assert(fc.asyncProperty(fc.array(pool, { maxLength: 12 }), filters, check), { numRuns: 40 });
  });

  it("sorts the first 10,000 without a limit, and says so", async () => {
    for (let at = 0; at < 10_100; at += 1010) {
      const batch = world.redis.client.pipeline();
      for (let i = at; i < at + 1010; i++)
        batch.rpush(`mina:openid:o${i}`, plainEntry("a", now + HOUR_MS + i * 1000));
      await batch.exec();
    }
    const { stdout, stderr } = await world.cli(["pool", "list", "--sort", "expiry"]);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((row) => row.split("\t")[0]);
    expect(rows).toEqual(Array.from({ length: 10_000 }, (_, i) => `o${i}`));
    expect(stderr).toBe("showing the first 10,000 of 10,100 pools; use --limit <n> to show more\n");
    expect((await world.cli(["pool", "list", "--sort", "expiry", "--limit", "10050"])).stderr).toBe("");
  });

  it.each([
    [["--max-valid", "many"], '--max-valid: "many" is not a whole number'],
    [["--min-valid", "3", "--max-valid", "2"], "--min-valid 3 is greater than --max-valid 2"],
    [["--expiring-within", "soon"], '--expiring-within: "soon" is not a duration'],
    [["--match", ""], "--match '' matches no openId"],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await world.cli(["pool", "list", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^error: ${message}\nhint: `));
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

  const FILTERS = [
    ["--min-valid", "9"],
    ["--max-valid", "0"],
    ["--expiring-within", "1s"],
    ["--unreadable"],
    ["--match", "x*"],
  ];

  it.each([[], ...FILTERS])("has nothing to list where there is no pool at all: %s %s", async (...flags) => {
    const { code, stdout, stderr } = await world.cli(["pool", "list", ...flags]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      "error: no pool found under 'mina:openid:*'\nhint: no list of codes found in this database; check --redis-url\n",
    );
  });

  it.each(FILTERS)("says that no pool passes: %s %s", async (...flags) => {
    await givePool("oA", 1);
    const list = ["pool", "list", ...flags];
    expect(await world.cli(list)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "no pools match\n",
    });
    expect(await world.cli([...list, "--json"])).toMatchObject({ code: 0, stdout: "" });
    expect(await world.cli([...list, "--quiet"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await world.screen([...list, "--sort", "valid"])).toMatchObject({ code: 0, stdout: "" });
  });

  it("looks under the prefix that it is given, also one with characters of globs", async () => {
    await world.redis.client.rpush("a[b]*:oX", plainEntry("x", now + HOUR_MS));
    await world.redis.client.rpush("ab*:oY", plainEntry("x", now + HOUR_MS));
    expect(await names("--pool-prefix", "a[b]*:")).toEqual(["oX"]);
  });
});
