import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SuppressedUser } from "../../../src/broadcast/suppression.ts";
import { useFolder } from "../../broadcast/world.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const dir = useFolder();
const DAY_MS = 86_400_000;

const suppress = (...argv: string[]) => world.cli(["suppress", ...argv, "--json"]);
const stored = async () => {
  const values = await world.redis.client.hgetall("mina:suppressed");
  return Object.fromEntries(Object.entries(values).map(([openId, text]) => [openId, JSON.parse(text)]));
};

async function entries(...more: string[]): Promise<SuppressedUser[]> {
  return (await suppress("list", ...more))
    .lines<SuppressedUser>()
    .sort((a, b) => (a.openId < b.openId ? -1 : 1));
}

describe("add", () => {
  it("puts users on the list, with reason, end and whoever did it", async () => {
    const before = Date.now();
    const added = await suppress(
      "add",
      "oA,mina:openid:oB",
      "oC",
      "--reason",
      " complaint\n 4711 ",
      "--for",
      "30d",
    );
    expect(added.json()).toEqual({ added: 3, changed: 0, unchanged: 0, dryRun: false });
    const kept = await stored();
    expect(Object.keys(kept).sort()).toEqual(["oA", "oB", "oC"]);
    expect(kept.oB).toMatchObject({ reason: "complaint 4711", by: "tester@test-host" });
    expect(Math.abs(kept.oB.untilMs - before - 30 * DAY_MS)).toBeLessThan(60_000);
    const [first] = await entries();
    expect(first).toEqual({
      openId: "oA",
      reason: "complaint 4711",
      until: new Date(kept.oA.untilMs).toISOString(),
      added: new Date(kept.oA.atMs).toISOString(),
      by: "tester@test-host",
    });
  });

  it("changes end and reason, keeps a reason without a new one, and writes nothing the second time", async () => {
    await suppress("add", "oA", "--reason", "first", "--until", "2040-01-01T00:00:00Z");
    expect((await suppress("add", "oA", "oB")).json()).toMatchObject({ added: 1, changed: 1, unchanged: 0 });
    const kept = await stored();
    expect(kept.oA).toMatchObject({ reason: "first" });
    expect(kept.oA).not.toHaveProperty("untilMs");
    const again = await suppress("add", "oA", "oB", "--dry-run");
    expect(again.json()).toEqual({ added: 0, changed: 0, unchanged: 2, dryRun: true });
    await suppress("add", "oA", "oB");
    expect(await stored()).toEqual(kept);
    expect((await suppress("add", "oB", "--reason", "new")).json()).toMatchObject({ changed: 1 });
  });

  it("takes whose end has come for one that is not there", async () => {
    const over = JSON.stringify({ reason: "old", untilMs: Date.now() - 1 });
    await world.redis.client.hset("mina:suppressed", "oA", over);
    expect((await suppress("add", "oA")).json()).toMatchObject({ added: 1 });
    expect((await stored()).oA).not.toHaveProperty("reason");
  });

  it("reads lists of any form on stdin, and changes nothing for a bad line or with --dry-run", async () => {
    const add = (stdin: string, ...more: string[]) =>
      world.cli(["suppress", "add", "-", ...more, "--json"], { stdin });
    expect((await add("oA\noB\n", "--dry-run")).json()).toMatchObject({ added: 2, dryRun: true });
    expect((await add("oA\no B\n")).code).toBe(2);
    expect(await stored()).toEqual({});
    await add("openId,valid\noA,0\noB,0\n");
    await add('{"openId":"oC"}\n');
    expect(Object.keys(await stored()).sort()).toEqual(["oA", "oB", "oC"]);
  });

  it.each<[string, string[]]>([
    ["--for and --until can't be used together", ["--for", "1d", "--until", "2040-01-01"]],
    ['--for: "soon" is not a duration', ["--for", "soon"]],
    ["--for 0 ends at once", ["--for", "0"]],
    ["--until: 'tomorrow' is not a time", ["--until", "tomorrow"]],
    ["--until 2020-01-01 is over already", ["--until", "2020-01-01"]],
    ["--reason is empty", ["--reason", " "]],
    ["--reason: a reason of 201 characters", ["--reason", "x".repeat(201)]],
    ["'o B' is not an openId", ["o B"]],
  ])("refuses: %s", async (message, args) => {
    const { code, stderr } = await suppress("add", "oA", ...args);
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error.message).toContain(message);
    expect(await stored()).toEqual({});
  });

  it("is in the audit log", async () => {
    const file = join(dir, "audit.ndjson");
    await world.cli(["suppress", "add", "oA", "oB", "--audit-log", file]);
    await world.cli(["suppress", "remove", "oA", "--dry-run", "--audit-log", file]);
    const lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ counts }) => counts)).toMatchObject([
      { counts: { added: 2, changed: 0, unchanged: 0 } },
      { counts: { removed: 1, missing: 0 }, dryRun: true },
    ]);
  });
});

describe("remove", () => {
  it("takes users off the list; 3 when none of them is on it", async () => {
    await suppress("add", "oA", "oB", "oC");
    expect((await suppress("rm", "oA", "mina:openid:oB", "oX", "--dry-run")).json()).toEqual({
      removed: 2,
      missing: 1,
      dryRun: true,
    });
    expect(Object.keys(await stored())).toHaveLength(3);
    expect((await suppress("remove", "oA", "mina:openid:oB", "oX")).json()).toMatchObject({ removed: 2 });
    expect(Object.keys(await stored())).toEqual(["oC"]);
    const none = await suppress("remove", "oA");
    expect(none.code).toBe(3);
    expect(none.stderr).toContain("'oA' is not on the suppression list");
  });

  it("--ended removes what no longer counts", async () => {
    const value = (untilMs: number) => JSON.stringify({ untilMs });
    const [past, future] = [value(Date.now() - 5), value(Date.now() + DAY_MS)];
    await world.redis.client.hset("mina:suppressed", "over", past, "also", past, "oA", future, "oB", "?");
    expect((await suppress("remove", "--ended", "--dry-run")).json()).toMatchObject({ removed: 2 });
    expect((await suppress("remove", "--ended")).json()).toEqual({ removed: 2, missing: 0, dryRun: false });
    expect((await world.redis.client.hkeys("mina:suppressed")).sort()).toEqual(["oA", "oB"]);
    expect((await suppress("remove", "--ended")).code).toBe(3);
  });

  it.each<[string, string[]]>([
    ["openIds and --ended can't be used together", ["oA", "--ended"]],
    ["requires openIds, or --ended", []],
  ])("refuses: %s", async (message, args) => {
    const { code, stderr } = await suppress("remove", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("list", () => {
  it("has who is suppressed now; with --all those who were, too; of anything that stands there", async () => {
    await suppress("add", "oA", "--reason", "a, b");
    const past = JSON.stringify({ untilMs: Date.UTC(2026, 0, 1), atMs: 5, by: "x@y" });
    await world.redis.client.hset("mina:suppressed", "oB", past, "oC", "not ours");
    expect((await entries()).map(({ openId }) => openId)).toEqual(["oA", "oC"]);
    const all = await entries("--all");
    expect(all[1]).toMatchObject({ openId: "oB", until: "2026-01-01T00:00:00.000Z", ended: true });
    expect(all[2]).toEqual({ openId: "oC", reason: null, until: null, added: null, by: null });
    expect((await entries("--match", "oC*")).map(({ openId }) => openId)).toEqual(["oC"]);
  });

  it("prints rows for a pipe, openIds alone, or a table", async () => {
    await suppress("add", "oA", "--reason", "a, b", "--until", "2040-01-01T00:00:00Z");
    const list = async (...more: string[]) => (await world.cli(["suppress", "list", ...more])).stdout;
    expect(await list()).toMatch(/^oA\ta, b\t2040-01-01T00:00:00\.000Z\t\d{4}-[^\t]+Z\ttester@test-host\n$/);
    expect(await list("--format", "csv")).toMatch(/^openId,reason,until,added,by\r\noA,"a, b",2040/);
    expect(await list("--format", "openid")).toBe("oA\n");
    expect(await list("--format", "table")).toMatch(/^openId +reason +until +added +by/);
  });

  it("of nobody says so", async () => {
    const { code, stdout, stderr } = await world.cli(["suppress", "ls"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "nobody is suppressed\n" });
  });

  it("has thousands, each once", async () => {
    const openIds = Array.from({ length: 3000 }, (_, i) => `o${i}`);
    await world.cli(["suppress", "add", "-"], { stdin: openIds.join("\n") });
    const listed = (await entries()).map(({ openId }) => openId);
    expect(listed.length).toBe(3000);
    expect(new Set(listed)).toEqual(new Set(openIds));
  });
});
