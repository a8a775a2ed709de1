import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { JAVA_ENTRY, READABLE, UNREADABLE } from "../../pool/forms.ts";
import { pushMany } from "../../redis/seed.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const now = Date.now();
const LATER = now + 50 * HOUR_MS;

interface Shown {
  codes: { formId?: string; expire?: number; uses?: number; state: string }[];
}

/** The valid codes of every pool in order, as `pool show` sees them. */
async function validCodes(openIds: string[]): Promise<Record<string, Shown["codes"]>> {
  const found: Record<string, Shown["codes"]> = {};
  for (const openId of openIds) {
    const { code, json } = await world.cli(["pool", "show", openId, "--json"]);
    if (code === 0) found[openId] = json<Shown>().codes.filter(({ state }) => state === "valid");
  }
  return found;
}

/** Exports, empties Redis, imports; returns what was exported. */
async function moveAll(...flags: string[]): Promise<string> {
  const { code, stdout } = await world.cli(["pool", "export", ...flags]);
  expect(code).toBe(0);
  await world.redis.client.flushall();
  expect(await world.cli(["pool", "import", "--json"], { stdin: stdout })).toMatchObject({ code: 0 });
  return stdout;
}

const code = fc.record({
  formId: fc.stringMatching(/^[!-~]{1,40}$/).filter((id) => !/^(undefined|null)$|^requestFormId/.test(id)),
  expire: fc
    .integer({ min: now - 9 * HOUR_MS, max: now + 200 * HOUR_MS })
    .filter((ms) => Math.abs(ms - now) > HOUR_MS),
  uses: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
});
const dressed = fc.oneof(
  code.map((one) => JSON.stringify(one)),
  code.map((one) => JSON.stringify(JSON.stringify(one))),
  code.map((one) => JSON.stringify({ "@class": "c.F", ...one })),
  fc
    .array(code, { minLength: 1, maxLength: 3 })
    .map((codes) => JSON.stringify(["java.util.ArrayList", codes])),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.constantFrom(...UNREADABLE.map(([, bytes]) => bytes)),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => Buffer.from(text).toString("latin1")),
);
const pools = fc.dictionary(
  fc.stringMatching(/^o[A-Za-z0-9_-]{1,20}$/),
  fc.array(dressed, { minLength: 1, maxLength: 12 }),
  {
    minKeys: 1,
    maxKeys: 12,
  },
);

async function givePools(given: Record<string, string[]>): Promise<void> {
  await world.redis.client.flushall();
  for (const [openId, entries] of Object.entries(given)) await world.redis.push(openId, ...entries);
}

describe("pool export, flush, pool import", () => {
  it("gives the same valid codes in the same order, uses included, and every unreadable byte", async () => {
    const check = async (given: Record<string, string[]>) => {
      await givePools(given);
      const openIds = Object.keys(given);
      const before = await validCodes(openIds);
      const unreadable = async () => {
        const found: Record<string, string[]> = {};
        for (const [key, entries] of Object.entries(await world.redis.pools()))
          found[key] = [...new Set(entries.filter((one) => !one.includes("formId")))];
        return Object.fromEntries(Object.entries(found).filter(([, entries]) => entries.length > 0));
      };
      const bytes = await unreadable();
      await moveAll();
      const after = await validCodes(openIds);
      for (const [openId, codes] of Object.entries(before)) {
        const seen = new Set<string>();
        const first = codes.filter(({ formId = "" }) => !seen.has(formId) && seen.add(formId));
        expect(after[openId] ?? []).toEqual(first);
      }
      expect(await unreadable()).toEqual(bytes);
    };
    await fc.assert(fc.asyncProperty(pools, check), { numRuns: 40 });
  });

  it("with --raw gives the same bytes of everything that is not wholly expired", async () => {
    const check = async (given: Record<string, string[]>) => {
      await givePools(given);
      const expired = (entry: string) => {
        const times = [...entry.matchAll(/"expire\\*":(\d+)/g)].map(([, ms]) => Number(ms));
        return times.length > 0 && times.every((ms) => ms <= now);
      };
      const before = Object.entries(await world.redis.pools())
        .map(([key, entries]) => [key, entries.filter((one) => !expired(one))] as const)
        .filter(([, entries]) => entries.length > 0);
      await moveAll("--raw");
      expect(await world.redis.pools()).toEqual(Object.fromEntries(before));
    };
    const live = fc.oneof(
      code.map((one) => JSON.stringify(one)),
      code.map((one) => JSON.stringify({ "@class": "c.F", ...one })),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    // Two entries with one formId are one code; here each has its own.
    const noTwins = fc.dictionary(
      fc.stringMatching(/^o[A-Za-z0-9_-]{1,20}$/),
      fc.uniqueArray(live, {
        minLength: 1,
        maxLength: 12,
        selector: (one) => /"formId":"((?:[^"\\]|\\.)*)"/.exec(one)?.[1] ?? one,
      }),
      { minKeys: 1, maxKeys: 8 },
    );
    await fc.assert(fc.asyncProperty(noTwins, check), { numRuns: 40 });
  });

  it("carries every form of a code over", async () => {
    // The forms are of 2019; what is expired would be left out.
    const forms = READABLE.map(([, bytes]) => bytes.replaceAll("1568000000", "4102444800"));
    await givePools(Object.fromEntries(forms.map((bytes, i) => [`o${i}`, [bytes]])));
    const openIds = forms.map((_, i) => `o${i}`);
    const before = await validCodes(openIds);
    const live = openIds.filter((openId) => before[openId]!.length > 0);
    expect(live.length).toBeGreaterThan(30);
    await moveAll();
    const after = await validCodes(openIds);
    for (const openId of live) expect(after[openId]).toEqual(before[openId]);
    await givePools(Object.fromEntries(forms.map((bytes, i) => [`o${i}`, [bytes]])));
    await moveAll("--raw");
    for (const openId of live)
      expect(await world.redis.entries(openId)).toEqual([forms[Number(openId.slice(1))]]);
  });
});

describe("pool export", () => {
  it("has a line a valid code, and the bytes of what is not understood", async () => {
    await world.redis.push(
      "oA",
      plainEntry("old", 1_568_000_000_000),
      `{"form_id":"a","expire":${LATER},"uses":3}`,
      'junk "1"',
    );
    await world.redis.push(
      "oA",
      plainEntry("the formId is a mock one", LATER),
      JAVA_ENTRY,
      plainEntry("b", LATER),
    );
    const { code, stdout, stderr } = await world.cli(["pool", "export"]);
    expect([code, stderr]).toEqual([
      0,
      "2 codes and 2 entries byte for byte of 1 pool; skipped: 1 expired, 1 invalid\n",
    ]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { openId: "oA", formId: "a", expire: LATER, uses: 3 },
      { openId: "oA", raw: 'junk "1"' },
      { openId: "oA", rawBase64: Buffer.from(JAVA_ENTRY, "latin1").toString("base64") },
      { openId: "oA", formId: "b", expire: LATER },
    ]);
    expect((await world.cli(["pool", "export", "--json", "--quiet"])).stdout).toBe(stdout);
  });

  it("reads a pool of 100,000 codes in pieces, in order", async () => {
    const formIds = Array.from({ length: 100_000 }, (_, i) => `f${i}`);
    await pushMany(
      world.redis,
      "oLong",
      formIds.map((formId) => plainEntry(formId, LATER)),
    );
    await world.redis.push("oShort", plainEntry("s", LATER));
    const lines = (await world.cli(["pool", "export"])).lines<{ openId: string; formId: string }>();
    expect(lines.filter(({ openId }) => openId === "oLong").map(({ formId }) => formId)).toEqual(formIds);
    expect(lines).toHaveLength(100_001);
  });

  it("of no pool says where there are some", async () => {
    await world.redis.client.rpush("other:oA", plainEntry("a", LATER));
    const { code, stderr } = await world.cli(["pool", "export"]);
    expect([code, stderr]).toEqual([
      3,
      "error: no pool found under 'mina:openid:*'\nhint: found pools under 'other:' (1 key looked at): --pool-prefix other:\n",
    ]);
  });

  it("exports those that match, and says so when there are none", async () => {
    for (const openId of ["oA1", "oA2", "oB1"]) await world.redis.push(openId, plainEntry("a", LATER));
    const lines = (await world.cli(["pool", "export", "--match", "oA?"])).lines<{ openId: string }>();
    expect(lines.map(({ openId }) => openId).sort()).toEqual(["oA1", "oA2"]);
    const { code, stdout, stderr } = await world.cli(["pool", "export", "--match", "oC*"]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(
      /^error: no pool found under 'mina:openid:oC\*'\nhint: there are pools, but no openId matches 'oC\*'\n/,
    );
  });

  it("says what is too long for a line that import reads, and exits 8", async () => {
    await world.redis.push("oA", '"'.repeat(500_000), "y".repeat(500_001), plainEntry("a", LATER));
    const { code, stdout, stderr } = await world.cli(["pool", "export"]);
    expect([code, stderr]).toEqual([
      8,
      "1 code and 1 entry byte for byte of 1 pool; skipped: 1 too long for import\n",
    ]);
    await world.redis.client.flushall();
    expect((await world.cli(["pool", "import"], { stdin: stdout })).code).toBe(0);
    expect((await world.redis.entries("oA"))[0]?.length).toBe(500_000);
  });

  it("ends cleanly when interrupted", async () => {
    const batch = world.redis.client.pipeline();
    for (let i = 0; i < 5000; i++) batch.rpush(`mina:openid:o${i}`, plainEntry("a", LATER));
    await batch.exec();
    const { code, stdout, stderr } = await world.cli(["pool", "export"], {
      onStart: (signal) => setTimeout(() => signal("SIGINT"), 40),
    });
    expect([0, 130]).toContain(code);
    if (code === 130) expect(stderr).toMatch(/^interrupted: /);
    for (const line of stdout.trimEnd().split("\n"))
      if (line !== "") expect(JSON.parse(line)).toHaveProperty("openId");
  });
});

describe("pool import of an entry byte for byte", () => {
  const line = (fields: object) => `${JSON.stringify({ openId: "oA", ...fields })}\n`;
  const imported = async (...lines: string[]) =>
    (await world.cli(["pool", "import", "--json"], { stdin: lines.join("") })).json<Record<string, number>>();

  it("adds nothing that the pool holds: the code of an entry, or its bytes", async () => {
    const entry = `{"@class":"c.F","formId":"a","expire":${LATER}}`;
    await world.redis.push("oA", plainEntry("a", LATER), "junk");
    expect(await imported(line({ raw: entry }), line({ raw: "junk" }))).toMatchObject({
      imported: 0,
      known: 2,
    });
    expect(await imported(line({ raw: "junk2" }), line({ raw: "junk2" }))).toMatchObject({
      imported: 1,
      known: 1,
    });
    expect(await world.redis.entries("oA")).toEqual([plainEntry("a", LATER), "junk", "junk2"]);
  });

  it("leaves out what has expired, and keeps what may be good", async () => {
    const mixed = `[${plainEntry("a", 1_568_000_000_000)},${plainEntry("b", LATER)}]`;
    const garbage = plainEntry("the formId is a mock one", LATER);
    const lines = [plainEntry("x", 1_568_000_000_000), mixed, garbage, ""].map((raw) => line({ raw }));
    expect(await imported(...lines)).toMatchObject({ imported: 3, expired: 1 });
    expect(await world.redis.entries("oA")).toEqual([mixed, garbage, ""]);
  });

  it.each([
    [{ raw: 7 }, "'7' is not an entry"],
    [{ rawBase64: "a" }, "'a' is not an entry"],
    [{ rawBase64: "ab=c" }, "'ab=c' is not an entry"],
    [{ raw: null }, "'null' is not an entry"],
  ])("names a bad line: %j", async (fields, why) => {
    const { code, stderr } = await world.cli(["pool", "import"], { stdin: line(fields) });
    expect(code).toBe(8);
    expect(stderr).toContain(`line 1: ${why}`);
  });
});
