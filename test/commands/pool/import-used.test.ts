import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { javaPoolKey, plainEntry } from "../../helpers/redis.ts";
import { javaEntry } from "../../pool/java/forms.ts";
import { HOUR_MS, useWorld } from "../world.ts";

/* Codes that broadcasts have used don't come back with an import: the ledger knows them. */

const world = useWorld();
const folder = mkdtempSync(join(tmpdir(), "push-cli-import-used-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const LEDGER = "{mina:openid:oA}:sends";
const PREPAY = "wx20261123120000x1";
const entry = (formId: string, more: object = {}) => JSON.stringify({ formId, expire: LATER, ...more });
const line = (more: object, openId = "oA") => `${JSON.stringify({ openId, expire: LATER, ...more })}\n`;

async function importText(text: string, argv: string[] = []) {
  const result = await world.cli(["pool", "import", "--json", ...argv], { stdin: text });
  expect([result.code, result.stderr]).toEqual([0, expect.anything()]);
  return result.json<Record<string, number>>();
}

async function broadcast(...argv: string[]): Promise<void> {
  const { code, stderr } = await world.cli(["broadcast", "tmpl", "--yes", "--no-keywords", ...argv]);
  expect([code, stderr]).toEqual([0, expect.anything()]);
}

/** A final record as a broadcast leaves it. */
const final = (formId: string, multi: 0 | 1 = 0, outcome = "sent") =>
  `${outcome} r 1 1795946400000 0 ${formId} 123 ${multi} ${LATER}`;

describe("an export of before a broadcast", () => {
  it.each([[[]], [["--raw"]]])(
    "%j: what the broadcast used stays out, the rest is there already",
    async (argv) => {
      for (let i = 0; i < 600; i++)
        await world.redis.push(`u${i}`, entry(`a${i}`), ...(i % 2 ? [entry(`b${i}`)] : []));
      const exported = await world.cli(["pool", "export", ...argv]);
      await broadcast();
      const left = await world.redis.pools();
      expect(await importText(exported.stdout)).toMatchObject({
        lines: 900,
        imported: 0,
        known: 300,
        used: 600,
      });
      expect(await world.redis.pools()).toEqual(left);
      const { stdout } = await world.screen(["pool", "import"], { stdin: exported.stdout });
      expect(stdout).toContain("900 lines, 0 codes imported, 300 already there, 600 already used, 0 expired");
      await broadcast();
      expect(await importText(exported.stdout)).toMatchObject({ imported: 0, known: 0, used: 900 });
    },
  );

  it("comes back where nothing was used, to the last code", async () => {
    await world.redis.push("oA", entry("a"), entry("b"));
    const exported = await world.cli(["pool", "export"]);
    await broadcast("--to", "oA");
    await world.redis.client.del("mina:openid:oA");
    expect(await importText(exported.stdout)).toMatchObject({ imported: 1, used: 1 });
    expect(await world.redis.entries("oA")).toEqual([entry("b")]);
  });
});

it.each([
  ["list", () => world.redis.client.rpush("src:oA", entry("a"), entry("b"))],
  ["zset", () => world.redis.client.zadd("src:oA", LATER, "a", LATER + 1, "b")],
  ["string", () => world.redis.client.set("src:oA", '["a","b"]', "PXAT", LATER)],
] as const)("--from %s leaves out what was used since", async (layout, put) => {
  await put();
  const from = ["--from", layout, "--from-prefix", "src:"];
  expect(await importText("", from)).toMatchObject({ values: 2, imported: 2, used: 0 });
  await broadcast();
  expect(await importText("", from)).toMatchObject({ imported: 0, known: 1, used: 1 });
  const { stdout } = await world.screen(["pool", "import", ...from]);
  expect(stdout).toBe("1 key, 0 codes imported, 1 already there, 1 already used, 0 expired, 0 bad values\n");
});

describe("which records make a code used", () => {
  it.each(["sent", "rejected", "failed", "unknown"])("a final one: %s", async (outcome) => {
    await world.redis.client.hset(LEDGER, "b1", final("a", 0, outcome));
    expect(await importText(line({ formId: "a" }) + line({ formId: "b" }))).toMatchObject({
      imported: 1,
      used: 1,
    });
    expect(await world.redis.entries("oA")).toEqual([entry("b")]);
  });

  it("a claim that is not settled", async () => {
    await world.redis.push("oA", entry("a"));
    await world.redis.open.stores.ledger({ broadcastId: "b", runId: "r" }).claim(["oA"]);
    expect(await importText(line({ formId: "a" }))).toMatchObject({ imported: 0, used: 1 });
    await world.redis.open.stores.ledger({ broadcastId: "b", runId: "r" }).release(["oA"]);
    expect(await importText(line({ formId: "a" }))).toMatchObject({ imported: 0, known: 1, used: 0 });
  });

  it("none of another user, none without a code, none that is not push-cli's", async () => {
    await world.redis.client.hset("{mina:openid:oB}:sends", "b1", final("a"));
    const foreign = { x: "a", y: "sent a", z: "claimed r 1 1 a", w: "a a a a a a a a a a" };
    await world.redis.client.hset(LEDGER, { ...foreign, b1: final("-"), b2: final("-", 0, "no_code") });
    expect(await importText(line({ formId: "a" }) + line({ formId: "-" }))).toMatchObject({
      imported: 2,
      used: 0,
    });
  });

  it.each(["string", "list", "zset"])("none where the ledger's key is a %s", async (type) => {
    const { client } = world.redis;
    if (type === "string") await client.set(LEDGER, final("a"));
    else if (type === "list") await client.rpush(LEDGER, final("a"));
    else await client.zadd(LEDGER, 1, final("a"));
    expect(await importText(line({ formId: "a" }))).toMatchObject({ imported: 1, used: 0 });
  });
});

describe("a code for several messages", () => {
  it.each([
    [0, 3, true],
    [1, 3, true],
    [2, 3, true],
    [3, 3, false],
    [1, 1, true],
    [2, 1, true],
    [3, 1, false],
    [3, 5, true],
    [5, 5, false],
  ])("%i records, and %i uses to import", async (records, uses, comes) => {
    for (let i = 0; i < records; i++) await world.redis.client.hset(LEDGER, `b${i}`, final(PREPAY, 1));
    const used = comes ? 0 : 1;
    expect(await importText(line({ formId: PREPAY, uses }))).toMatchObject({ imported: 1 - used, used });
  });

  it("is in the records, whatever the line says", async () => {
    await world.redis.client.hset(LEDGER, "b1", final("multi", 1), "b2", final("multi", 1));
    expect(await importText(line({ formId: "multi" }))).toMatchObject({ imported: 1, used: 0 });
  });

  it("comes back from pool remove --export with every use that was left", async () => {
    await world.redis.push("oA", entry(PREPAY, { uses: 3 }));
    for (const [name, left] of [
      ["first", 2],
      ["second", 1],
    ] as const) {
      await broadcast();
      const file = join(folder, `${name}.ndjson`);
      const removed = await world.cli(["pool", "remove", "oA", "--export", file, "--yes"]);
      expect(removed.code).toBe(0);
      expect(await world.redis.entries("oA")).toEqual([]);
      expect(await importText(readFileSync(file, "utf8"))).toMatchObject({ imported: 1, used: 0 });
      expect(await world.redis.entries("oA")).toEqual([entry(PREPAY, { uses: left })]);
    }
    await broadcast();
    expect(await importText(line({ formId: PREPAY, uses: 3 }))).toMatchObject({ imported: 0, used: 1 });
    expect(world.sandbox.stats().delivered).toBe(3);
  });
});

describe("an entry byte for byte", () => {
  const raw = (...ids: string[]) =>
    line({ raw: `[${ids.map((id) => plainEntry(id, LATER)).join(",")}]`, expire: undefined });

  it("with a list stays out when all of its codes are used", async () => {
    await world.redis.client.hset(LEDGER, "b1", final("a"), "b2", final("b"));
    expect(await importText(raw("a", "b"))).toMatchObject({ imported: 0, used: 1 });
    expect(await importText(raw("a", "b", "c"))).toMatchObject({ imported: 1, used: 0 });
  });

  it("that is not understood comes in any case", async () => {
    await world.redis.client.hset(LEDGER, "b1", final("a"));
    expect(await importText(line({ raw: "a" }) + line({ raw: '{"formId":"a"}' }))).toMatchObject({
      imported: 2,
      used: 0,
    });
  });

  it("of Java's, under a key of Java's", async () => {
    const bytes = Buffer.from(javaEntry("a boxed long"), "latin1");
    const text = line({ rawBase64: bytes.toString("base64") });
    const java = ["--pool-keys", "java"];
    await world.redis.client.rpush(javaPoolKey("oA"), entry("a"));
    const exported = await world.cli(["pool", "export", ...java]);
    await broadcast(...java);
    expect(await importText(exported.stdout, java)).toMatchObject({ imported: 0, used: 1 });
    expect((await importText(text, java)).used).toBe(0);
  });
});
