import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unwrap, useWorld } from "../../world.ts";
import { DAY_MS, entry, NOW, T1, T2, useConsents } from "./consents.ts";

const world = useWorld();
const { cli, give, entries, all } = useConsents(world);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "consents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function giveSome(): Promise<void> {
  await give("oA", T1, entry("a1", 40), "junk \u00ff", entry("a2", 2), entry("a3", 0, true));
  await give("oA", T2, entry("a4", 8));
  await give("oB", T1, entry("b1", 3));
}

describe("pool export, of consents", () => {
  it("is read back by import, entry by entry", async () => {
    await giveSome();
    const before = await all();
    const { stdout, stderr } = await cli(["pool", "export"]);
    expect(stdout).toContain(
      `{"openId":"oB","templateId":"${T1}","consent":"b1","at":${NOW - 3 * DAY_MS}}\n`,
    );
    expect(stderr).toContain("5 consents and 1 entry byte for byte of 3 pools");
    await world.redis.client.flushall();
    const again = await cli(["pool", "import", "--json"], { stdin: stdout });
    expect(again.json()).toMatchObject({ imported: 6, bad: 0 });
    expect(await all()).toEqual(before);
    expect((await cli(["pool", "import", "--json"], { stdin: stdout })).json()).toMatchObject({
      imported: 0,
      known: 6,
    });
  });

  it("leaves out what is beyond the maximum age, but not of --raw", async () => {
    await giveSome();
    const { stdout, stderr } = await cli(["pool", "export", "--template", T1, "--consent-max-age", "30d"]);
    expect(stdout).not.toContain('"a1"');
    expect(stderr).toContain("skipped: 1 expired");
    const raw = await cli(["pool", "export", "--raw", "--match", "oA", "--consent-max-age", "30d"]);
    expect(raw.stdout).toContain("a1");
    expect(raw.lines()).toHaveLength(5);
  });
});

describe("pool remove, of consents", () => {
  it("takes what a user has of all templates, but for what it does not understand", async () => {
    await giveSome();
    const { code, stdout } = await cli(["pool", "remove", "oA", "--yes", "--json"]);
    expect({ code, document: JSON.parse(stdout) }).toEqual({
      code: 0,
      document: {
        poolsRemoved: 1,
        entriesRemoved: 4,
        codesRemoved: { valid: 3, standing: 1, expired: 0, unreadable: 0 },
        entriesKept: 1,
        entriesGone: 0,
        complete: true,
        missing: [],
        exportFile: null,
        dryRun: false,
      },
    });
    expect(await all()).toEqual({ [`{oA}:${T1}`]: ["junk \u00ff"], [`{oB}:${T1}`]: [entry("b1", 3)] });
  });

  it("keeps to a template, and saves what goes so that import brings it back", async () => {
    await giveSome();
    const before = await all();
    const file = join(folder, "removed.ndjson");
    const flags = ["--template", T1, "--export", file, "--yes"];
    expect((await cli(["pool", "remove", "oA", "oB", ...flags])).code).toBe(0);
    expect(Object.keys(await all())).toEqual([`{oA}:${T2}`]);
    await cli(["pool", "import", "-"], { stdin: await readFile(file, "utf8") });
    expect(await all()).toEqual(before);
  });

  it("counts alone with --dry-run, asks, and names who has none", async () => {
    await giveSome();
    const before = await all();
    const dry = await cli(["pool", "remove", "oA", "oX", "--dry-run", "--json"]);
    expect(dry.json()).toMatchObject({ poolsRemoved: 1, entriesRemoved: 4, missing: ["oX"], dryRun: true });
    expect((await cli(["pool", "remove", "oA"])).code).toBe(11);
    const asked = await world.screen(["pool", "remove", "oA", "--channel", "wechat-subscribe"], {
      interactive: true,
      stdin: "n\n",
    });
    expect(unwrap(asked.stderr)).toContain(`oA  ${T1}  2 valid, 1 standing, 0 expired, 1 unreadable`);
    expect(asked.stderr).toContain("1 unreadable entry will be kept");
    expect(await all()).toEqual(before);
    expect((await cli(["pool", "remove", "oX", "--yes"])).code).toBe(3);
  });
});

describe("purge, of consents", () => {
  it("has nothing to do, and says so", async () => {
    await giveSome();
    const before = await all();
    const { code, stdout, stderr } = await cli(["purge", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("consents don't expire") });
    expect(JSON.parse(stdout)).toMatchObject({ expiredRemoved: 0, complete: true });
    expect(await all()).toEqual(before);
  });

  it("removes those beyond the maximum age, and nothing else", async () => {
    await giveSome();
    await give("oC", T2, entry("c1", 50), entry("c2", 31, true));
    const flags = ["--json", "--consent-max-age", "30d"];
    const dry = await cli(["purge", "--dry-run", ...flags]);
    const counts = {
      poolsScanned: 4,
      poolsChanged: 2,
      poolsRemoved: 1,
      expiredRemoved: 3,
      unreadableKept: 1,
    };
    expect(dry.json()).toMatchObject({ ...counts, dryRun: true });
    expect(Object.keys(await all())).toHaveLength(4);
    expect((await cli(["purge", ...flags])).json()).toMatchObject({ ...counts, complete: true });
    expect(await entries("oA", T1)).toEqual(["junk \u00ff", entry("a2", 2), entry("a3", 0, true)]);
    expect(Object.keys(await all())).toHaveLength(3);
  });

  it("goes on behind entries of others, however heavy", async () => {
    const heavy = "x".repeat(100_000);
    await give("oA", T1, heavy, heavy, heavy, entry("a1", 40), entry("a2"));
    await cli(["purge", "--consent-max-age", "30d"]);
    expect(await entries("oA", T1)).toEqual([heavy, heavy, heavy, entry("a2")]);
  });

  it("takes long pools in steps, whatever stands between", async () => {
    const list = Array.from({ length: 3000 }, (_, i) =>
      i % 3 === 0 ? `junk${i}` : entry(`x${i}`, 40 * (i % 2)),
    );
    await give("oA", T1, ...list);
    await cli(["purge", "--consent-max-age", "30d", "--max-ops", "100000/s"]);
    expect(await entries("oA", T1)).toEqual(list.filter((_, i) => i % 3 === 0 || i % 2 === 0));
  });
});
