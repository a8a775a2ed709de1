import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/main.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { fakeIo } from "../../output/fake-io.ts";
import { JAVA_ENTRY } from "../../pool/forms.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const LATER = Date.now() + 50 * HOUR_MS;
const folder = mkdtempSync(join(tmpdir(), "push-cli-remove-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => join(folder, `removed-${files++}.ndjson`);

const MIXED = [
  plainEntry("old", 1_568_000_000_000),
  "junk",
  plainEntry("a", LATER),
  JAVA_ENTRY,
  plainEntry("the formId is a mock one", LATER),
];
const OTHERS = { "mina:openid:oC": [plainEntry("c", LATER)] };

beforeEach(async () => {
  await world.redis.push("oA", ...MIXED);
  await world.redis.push("oB", plainEntry("b", LATER), plainEntry("b2", LATER));
  await world.redis.push("oC", plainEntry("c", LATER));
});

describe("pool remove", () => {
  it("removes the pools of the named users, keeps what is not understood, and touches nobody else", async () => {
    await world.redis.client.hset("{mina:openid:oA}:sends", "b", "1");
    const { code, stdout, stderr } = await world.cli(["pool", "remove", "oA", "oB", "oA", "--yes", "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      poolsRemoved: 1,
      entriesRemoved: 5,
      codesRemoved: { valid: 3, expired: 1, invalid: 1, unreadable: 0 },
      entriesKept: 2,
      entriesGone: 0,
      complete: true,
      missing: [],
      exportFile: null,
      dryRun: false,
    });
    expect(await world.redis.pools()).toEqual({ "mina:openid:oA": ["junk", JAVA_ENTRY], ...OTHERS });
    expect(await world.redis.client.exists("{mina:openid:oA}:sends")).toBe(1);
  });

  it("gives up what is not understood with --unreadable", async () => {
    const { code } = await world.cli(["pool", "remove", "oA", "oB", "--unreadable", "--yes"]);
    expect(code).toBe(0);
    expect(await world.redis.pools()).toEqual(OTHERS);
  });

  it("writes what it removes into a file, byte for byte, that import brings back", async () => {
    const file = newFile();
    const before = await world.redis.pools();
    const { code, stdout } = await world.cli([
      "pool",
      "remove",
      "oA",
      "oB",
      "--export",
      file,
      "--yes",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      poolsRemoved: 2,
      entriesRemoved: 7,
      entriesKept: 0,
      exportFile: file,
    });
    expect(await world.redis.pools()).toEqual(OTHERS);
    const lines = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual({ openId: "oA", raw: "junk" });
    expect(lines).toHaveLength(7);
    expect((await world.cli(["pool", "import", file])).code).toBe(0);
    // Expired codes are not brought back.
    expect(await world.redis.pools()).toEqual({ ...before, "mina:openid:oA": MIXED.slice(1) });
  });

  it("takes the file for relative to where it runs", async () => {
    const { code } = await world.cli(["pool", "remove", "oB", "--export", "here.ndjson", "--yes"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(readFileSync(join(folder, "here.ndjson"), "utf8")).toContain('"openId":"oB"');
  });

  it("counts only with --dry-run, and makes no file", async () => {
    const before = await world.redis.pools();
    const file = newFile();
    const dry = async (...flags: string[]) =>
      (await world.cli(["pool", "remove", "oA", "oB", "oNobody", "--dry-run", "--json", ...flags])).json();
    expect(await dry()).toEqual({
      poolsRemoved: 1,
      entriesRemoved: 5,
      codesRemoved: { valid: 3, expired: 1, invalid: 1, unreadable: 0 },
      entriesKept: 2,
      entriesGone: 0,
      complete: true,
      missing: ["oNobody"],
      exportFile: null,
      dryRun: true,
    });
    expect(await dry("--export", file)).toMatchObject({ poolsRemoved: 2, entriesRemoved: 7, entriesKept: 0 });
    expect(existsSync(file)).toBe(false);
    expect(await world.redis.pools()).toEqual(before);
  });

  it("from --confirm-above on, the number has to be typed; --quiet hides nothing of what is asked about", async () => {
    const before = await world.redis.pools();
    const ask = (stdin: string) =>
      world.screen(["pool", "remove", "oA", "oB", "--confirm-above", "1", "--quiet"], {
        stdin,
        interactive: true,
      });
    const no = await ask("y\n");
    expect(no.code).toBe(11);
    expect(no.stderr).toContain(`profile (none), Redis ${world.redis.url}\noA  1 valid, `);
    expect(no.stderr).toContain("Remove 2 pools? Type the number to confirm: ");
    expect(await world.redis.pools()).toEqual(before);
    expect((await ask("2\n")).code).toBe(0);
  });

  it("asks a person, and does what the answer says", async () => {
    const before = await world.redis.pools();
    const ask = (stdin: string, ...flags: string[]) =>
      world.screen(["pool", "remove", "oA", "oB", ...flags], { stdin, interactive: true });
    const no = await ask("n\n");
    expect(no).toMatchObject({ code: 11, stdout: "" });
    expect(no.stderr).toContain("oA  1 valid, 1 expired, 1 invalid, 2 unreadable\noB  2 valid, ");
    expect(no.stderr).toContain("2 unreadable entries will be kept\nRemove 2 pools? [y/N] ");
    expect((await ask("n\n", "--unreadable")).stderr).toContain("2 unreadable entries will be lost");
    expect((await ask("")).code).toBe(11);
    expect(await world.redis.pools()).toEqual(before);
    const file = newFile();
    const yes = await ask("y\n", "--export", file);
    expect([yes.code, yes.stdout]).toEqual([
      0,
      "removed 7 entries: 3 valid, 1 expired, 1 invalid, 2 unreadable\n2 pools empty and removed\n",
    ]);
    expect(yes.stderr).toContain(`to restore: push-cli pool import ${file}`);
    expect(await world.redis.pools()).toEqual(OTHERS);
  });

  it("removes nothing when the question is answered by Ctrl-C", async () => {
    const before = await world.redis.pools();
    const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], env: { ...world.env, NO_COLOR: "1" } });
    const done = main(["pool", "remove", "oA", "oB"], { ...io, cwd: folder });
    await expect.poll(() => io.stderr.text()).toContain("[y/N]");
    io.signal("SIGINT");
    expect(await done).toBe(130);
    expect(io.stderr.text()).toMatch(/interrupted; nothing was removed\n$/);
    expect(await world.redis.pools()).toEqual(before);
  });

  it("says what it kept, to a person and to a pipe", async () => {
    const { stdout } = await world.screen(["pool", "remove", "oA", "--yes"]);
    expect(stdout).toBe(
      "removed 3 entries: 1 valid, 1 expired, 1 invalid\n2 entries kept, unreadable; use --export to save and remove them\n",
    );
    const piped = await world.cli(["pool", "remove", "oB", "--yes"]);
    expect(piped.stdout).toBe(
      "poolsRemoved\t1\nentriesRemoved\t2\ncodesRemoved.valid\t2\ncodesRemoved.expired\t0\ncodesRemoved.invalid\t0\ncodesRemoved.unreadable\t0\nentriesKept\t0\nentriesGone\t0\ncomplete\ttrue\nexportFile\t-\ndryRun\tfalse\n",
    );
  });

  it("goes on with the others when a user has no pool", async () => {
    const { code, stderr } = await world.cli(["pool", "remove", "oNobody", "oB", "--yes"]);
    expect([code, stderr]).toEqual([0, "no pool 'mina:openid:oNobody'\n"]);
  });

  it("takes a list on stdin, keys, and several with commas between", async () => {
    await world.redis.push("oC", plainEntry("c", LATER));
    await world.redis.push("oD", plainEntry("d", LATER));
    const words = ["mina:openid:oA,oB", "-", "--unreadable", "--yes", "--json"];
    const { code, stdout } = await world.cli(["pool", "remove", ...words], {
      stdin: "oC\t1\t0\noNobody\t0\t0\n",
    });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ poolsRemoved: 3, missing: ["oNobody"] }),
    ]);
    expect(Object.keys(await world.redis.pools())).toEqual(["mina:openid:oD"]);
  });

  it("can't ask where its list comes from", async () => {
    const told = await world.screen(["pool", "remove", "-"], { stdin: "oA\ny\n", interactive: true });
    expect(told).toMatchObject({ code: 11, stdout: "" });
    expect(told.stderr).toMatch(/^error: .*there is no terminal\nhint: use --yes/);
    const dry = await world.screen(["pool", "remove", "-", "--dry-run"], {
      stdin: "oA\n",
      interactive: true,
    });
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("would remove");
  });

  it("names the bad line of a list, and removes nothing", async () => {
    const { code, stderr } = await world.cli(["pool", "remove", "-", "--yes"], { stdin: "oA\no B\n" });
    expect([code, stderr]).toEqual([
      2,
      "error: stdin, line 2: 'o B' is not an openId\nhint: nothing was removed; fix the line and run again\n",
    ]);
    expect(await world.redis.entries("oA")).not.toEqual([]);
  });

  const taken = newFile();
  writeFileSync(taken, "all that is left of them\n");

  it.each([
    [["oA"], 11, "pool remove needs confirmation, but there is no terminal\n"],
    [["oNobody", "oNobody2", "--yes"], 3, "no pool 'mina:openid:oNobody' and 1 more"],
    [["o A", "--yes"], 2, "'o A' is not an openId"],
    [["oA", "--yes", "--export", "-"], 2, "--export: '-' is not a file"],
    [
      ["oA", "--yes", "--export", "/nonexistent/folder/x"],
      2,
      'cannot create "/nonexistent/folder/x": its folder does not exist',
    ],
    [["oA", "--yes", "--export", taken], 2, `cannot create "${taken}": it already exists`],
    [["oA", "--yes", "--export", folder], 2, `cannot create "${folder}": it already exists`],
  ])("removes nothing with %j", async (args, exit, message) => {
    const before = await world.redis.pools();
    const { code, stdout, stderr } = await world.cli(["pool", "remove", ...args]);
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr.startsWith(`error: ${message}`)).toBe(true);
    expect(stderr).toMatch(/\nhint: /);
    expect(await world.redis.pools()).toEqual(before);
    expect(readFileSync(taken, "utf8")).toBe("all that is left of them\n");
  });
});
