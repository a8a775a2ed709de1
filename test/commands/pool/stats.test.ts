import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../../src/output/width.ts";
import type { StatsDocument } from "../../../src/pool/stats-document.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { JAVA_ENTRY } from "../../pool/forms.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const now = Date.now();

async function stats(...flags: string[]): Promise<StatsDocument> {
  const { code, stdout } = await world.cli(["pool", "stats", "--json", ...flags]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** One code of a generated pool: hours from now to its expiry, well away from this moment. */
const hours = fc.oneof(
  fc.integer({ min: -300, max: -1 }),
  // Not where the 8 days end that a code may claim.
  fc.integer({ min: 1, max: 190 }),
  fc.integer({ min: 194, max: 200 }),
  fc.constant(24 * 30),
  fc.constant(24 * 4000),
);
const entry = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom("plain", "class"), hours }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("garbage"), hours }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("java", "junk"), hours: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("list"), hours }) },
);
type Given = { kind: string; hours: number };
const pools = fc.array(fc.array(entry, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 30 });

const expiryOf = (given: Given) => now + given.hours * HOUR_MS;

function bytesOf(given: Given): string {
  const expire = expiryOf(given);
  if (given.kind === "plain") return plainEntry("f", expire);
  if (given.kind === "class") return `{"@class":"c.F","formId":"f","expire":${expire}}`;
  if (given.kind === "garbage") return plainEntry("the formId is a mock one", expire);
  if (given.kind === "list") return `[${plainEntry("a", expire)},${plainEntry("b", expire)}]`;
  return given.kind === "java" ? JAVA_ENTRY : "junk";
}

/** The local date of a moment, by other means than the code under test. */
function dateOf(ms: number): string {
  return new Intl.DateTimeFormat("sv-SE").format(new Date(ms));
}

/** The statistics, computed the naive way. */
function model(given: Given[][]) {
  const codesOf = (pool: Given[]) =>
    pool.flatMap((one) => {
      if (one.kind === "java" || one.kind === "junk") return [];
      const code = { expire: expiryOf(one), garbage: one.kind === "garbage" };
      return one.kind === "list" ? [code, code] : [code];
    });
  const valid = given.map((pool) => codesOf(pool).filter((code) => code.expire > now && !code.garbage));
  const all = given.flatMap(codesOf);
  const users = (from: number, to: number) =>
    valid.filter((codes) => codes.length >= from && codes.length <= to).length;
  const dates = valid.flat().map(({ expire }) => dateOf(expire));
  const next = Array.from({ length: 7 }, (_, i) => dateOf(new Date(now).setHours(12 + 24 * i)));
  return {
    pools: given.length,
    reachable: users(1, 1000),
    codes: {
      valid: valid.flat().length,
      expired: all.filter(({ expire }) => expire <= now).length,
      invalid: all.filter(({ expire, garbage }) => expire > now && garbage).length,
      unreadable: given.flat().filter(({ kind }) => kind === "java" || kind === "junk").length,
      overlong: valid.flat().filter(({ expire }) => expire > now + 8 * 24 * HOUR_MS).length,
    },
    perUser: [users(1, 1), users(2, 2), users(3, 3), users(4, 5), users(6, 10), users(11, 1000)],
    expiringOn: (date: string) => dates.filter((one) => one === date).length,
    reachableBy: next.map((date) => ({
      date,
      users: valid.filter((codes) => codes.some(({ expire }) => dateOf(expire) > date)).length,
    })),
  };
}

async function givePools(given: Given[][]): Promise<void> {
  const batch = world.redis.client.pipeline().flushall();
  for (const [i, pool] of given.entries())
    batch.rpush(`mina:openid:o${i}`, ...pool.map((one) => Buffer.from(bytesOf(one), "latin1")));
  await batch.exec();
}

describe("pool stats", () => {
  it("is what a naive count over the same pools gives", async () => {
    const check = async (given: Given[][]) => {
      await givePools(given);
      const counted = await stats();
      const expected = model(given);
      expect(counted).toMatchObject({
        pools: expected.pools,
        reachable: expected.reachable,
        codes: expected.codes,
        reachableBy: expected.reachableBy,
        exact: true,
      });
      expect(counted.perUser.map(({ users }) => users)).toEqual(expected.perUser);
      expect(counted.perUser.map(({ codes }) => codes)).toEqual(["1", "2", "3", "4-5", "6-10", "11+"]);
      for (const { date, codes } of counted.expiringBy) expect(codes).toBe(expected.expiringOn(date));
      const listed = counted.expiringBy.reduce((sum, { codes }) => sum + codes, counted.expiringLater);
      expect(listed).toBe(expected.codes.valid);
      const entries = counted.writers.reduce((sum, row) => sum + row.entries, 0);
      expect(entries).toBe(given.flat().length);
      // As many as there are is no sample any more.
      expect(await stats("--sample", "1000")).toEqual({ ...counted, at: expect.any(String) });
    };
    await fc.assert(fc.asyncProperty(pools, check), { numRuns: 40 });
  });

  it("says whose days it means, and begins them with today", async () => {
    await world.redis.push("oA", plainEntry("a", now + 50 * HOUR_MS));
    const { timeZone, at, expiringBy, reachableBy } = await stats();
    expect(timeZone).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
    expect(expiringBy.map(({ date }) => date).slice(0, 7)).toEqual(reachableBy.map(({ date }) => date));
    expect(expiringBy).toHaveLength(8);
    expect(expiringBy[0]?.date).toBe(dateOf(now));
  });

  it("names the writers, the commonest first, and what of theirs is unreadable", async () => {
    await world.redis.push("oA", plainEntry("a", now), plainEntry("b", now), JAVA_ENTRY);
    await world.redis.push("oB", "junk", "more junk", "and more", '{"a":1}');
    expect((await stats()).writers).toEqual([
      { writer: "plain", entries: 3, unreadable: 1, overlong: 0 },
      { writer: "unknown", entries: 3, unreadable: 3, overlong: 0 },
      { writer: "java", entries: 1, unreadable: 1, overlong: 0 },
    ]);
  });

  it("names the writers whose codes claim to live longer than any code does", async () => {
    const far = now + 9 * 24 * HOUR_MS;
    const typed = `["c.F",{"formId":"c","expire":${far}}]`;
    await world.redis.push("oA", plainEntry("a", now + 7 * 24 * HOUR_MS), plainEntry("b", far), typed, typed);
    const { codes, writers } = await stats();
    expect(codes).toMatchObject({ valid: 4, overlong: 3 });
    expect(writers).toEqual([
      { writer: "jackson-array", entries: 2, unreadable: 0, overlong: 2 },
      { writer: "plain", entries: 2, unreadable: 0, overlong: 1 },
    ]);
    const { stderr } = await world.screen(["pool", "stats"]);
    expect(stderr).toContain(
      "3 valid codes claim to live longer than 7 days, which is impossible;\n" +
        "these writers set a wrong expiry:\n" +
        "  Jackson, class name in an array: 2\n  plain JSON: 1\n",
    );
  });

  it("counts only the openIds that match", async () => {
    for (const openId of ["oA1", "oA2", "oB1", "o*1"])
      await world.redis.push(openId, plainEntry("a", now + HOUR_MS));
    expect((await stats("--match", "oA*")).pools).toBe(2);
    expect((await stats("--match", "o\\*1")).pools).toBe(1);
    expect((await stats("--match", "oB1")).pools).toBe(1);
  });

  it("estimates from a sample, with intervals that are there to be wrong in one case of 20", async () => {
    const given = Array.from({ length: 3000 }, (_, i): Given[] =>
      Array.from({ length: 1 + (i % 4) }, () => ({
        kind: i % 3 === 0 ? "class" : "plain",
        hours: i % 5 === 0 ? -1 : 40,
      })),
    );
    const batch = world.redis.client.pipeline();
    for (const [i, pool] of given.entries()) batch.rpush(`mina:openid:o${i}`, ...pool.map(bytesOf));
    await batch.exec();
    const expected = model(given);
    const estimated = await stats("--sample", "600");
    expect(estimated).toMatchObject({ pools: 3000, exact: false, sample: { pools: 600, confidence: 0.95 } });
    const holds = ([low, high]: [number, number], value: number) => low <= value && value <= high;
    const { intervals } = estimated;
    const checks = [
      holds(intervals!.reachable, expected.reachable),
      holds(intervals!.codes.valid, expected.codes.valid),
      holds(intervals!.codes.expired, expected.codes.expired),
      ...estimated.perUser.map(({ interval }, i) => holds(interval!, expected.perUser[i]!)),
      ...estimated.reachableBy.map(({ interval }, i) => holds(interval!, expected.reachableBy[i]!.users)),
    ];
    // They hang together: the chance that half of them miss is nothing.
    expect(checks.filter(Boolean).length).toBeGreaterThan(checks.length / 2);
    const rows = [
      ...estimated.perUser,
      ...estimated.expiringBy,
      ...estimated.reachableBy,
      ...estimated.writers,
    ];
    for (const row of rows) expect(row).toHaveProperty("interval.length", 2);
    expect(intervals).toHaveProperty("expiringLater.length", 2);
    for (const { interval } of estimated.perUser) expect(interval![1] - interval![0]).toBeLessThan(500);
    const { stdout } = await world.cli(["pool", "stats", "--sample", "600"]);
    expect(stdout).toMatch(/^pools\t3000\nreachable\t\d+\n[\s\S]*\nintervals\.reachable\.0\t\d+\n/);
    const screen = await world.screen(["pool", "stats", "--sample", "600"]);
    expect(screen.stdout).toMatch(/^3,000 pools, about [\d,]+ reachable users/);
    expect(screen.stderr).toContain("estimated from 600 of 3,000 pools");
  });

  it("gives a pipe rows that say what they are", async () => {
    await world.redis.push("oA", plainEntry("a", now + 50 * HOUR_MS), plainEntry("b", 1_568_000_000_000));
    const rows = (await world.cli(["pool", "stats"])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.slice(0, 9)).toEqual([
      ["pools", "1"],
      ["reachable", "1"],
      ["codes.valid", "1"],
      ["codes.expired", "1"],
      ["codes.invalid", "0"],
      ["codes.unreadable", "0"],
      ["codes.overlong", "0"],
      ["perUser.0.codes", "1"],
      ["perUser.0.users", "1"],
    ]);
    const values = new Map(rows as [string, string][]);
    expect(values.get("reachableBy.0.date")).toBe(dateOf(now));
    expect(values.get("reachableBy.0.users")).toBe("1");
    const day = [...values].find(([, value]) => value === dateOf(now + 50 * HOUR_MS))?.[0] ?? "";
    expect(values.get(day.replace("date", "codes"))).toBe("1");
    expect([values.get("writers.0.writer"), values.get("writers.0.entries")]).toEqual(["plain", "2"]);
    expect(values.get("exact")).toBe("true");
  });

  it("draws bars for a person, within 80 columns", async () => {
    for (let i = 0; i < 30; i++)
      await world.redis.push(
        `o${i}`,
        ...Array.from({ length: 1 + (i % 4) }, (_, n) => plainEntry(`f${n}`, now + (5 + 20 * i) * HOUR_MS)),
      );
    const { code, stdout, stderr } = await world.screen(["pool", "stats"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^30 pools, 30 reachable users \(100.0%\)\n/);
    expect(stdout).toMatch(/\nvalid +73 +100.0% +█{40,}\n/);
    expect(stdout).toMatch(/\n1 +8 +26.6% +█{40,}\n2 +8 /);
    expect(stdout).toMatch(/\nlater +\d+ /);
    expect(stdout).toMatch(/\nplain JSON +73 +100.0% /);
    expect(stderr).toContain(new Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(`${stdout}${stderr}`.split(/\n|\x1b\[1G/).filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  it.each([
    [["--sample", "9"], 2, '--sample: "9" is out of range'],
    [["--sample", "all"], 2, '--sample: "all" is not a whole number'],
    [["--match", ""], 2, "--match '' matches no openId"],
    [[], 3, "no pool found under 'mina:openid:\\*'"],
    [["--match", "oX*"], 3, "no pool found under 'mina:openid:oX\\*'"],
    [["--sample", "10"], 3, "no pool found under"],
  ])("refuses %j", async (flags, exit, message) => {
    const { code, stdout, stderr } = await world.cli(["pool", "stats", ...flags]);
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toMatch(new RegExp(`^error: ${message}.*\nhint: `));
  });

  it("ends without a half-way document when interrupted", async () => {
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 5000; i++) batch.rpush(`mina:openid:o${i}`, plainEntry("a", now + HOUR_MS));
    await batch.exec();
    const { code, stdout, stderr } = await world.cli(["pool", "stats", "--json"], {
      onStart: (signal) => setTimeout(() => signal("SIGINT"), 60),
    });
    if (code === 0) expect(JSON.parse(stdout)).toMatchObject({ pools: 5000 });
    else expect({ code, stdout, stderr }).toMatchObject({ code: 130, stdout: "" });
  });
});
