import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { useFolder } from "../../broadcast/world.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const dir = useFolder();

const importOf = (stdin: string | undefined, ...more: string[]) =>
  world.cli(["suppress", "import", ...more, "--json"], stdin === undefined ? {} : { stdin });

/** Reason and end of everybody on the list. */
async function kept(): Promise<Record<string, string>> {
  const values = await world.redis.client.hgetall("mina:suppressed");
  const told = Object.entries(values).map(([openId, text]) => {
    const { reason = "-", untilMs } = JSON.parse(text);
    return [
      openId,
      `${reason} ${untilMs === undefined ? "-" : new Date(untilMs).toISOString().slice(0, 16)}`,
    ];
  });
  return Object.fromEntries(told);
}

const END = "2040-01-02T03:04:00Z";
const ALL = { oA: "left 2040-01-02T03:04", oB: "- -" };

describe("import reads", () => {
  it.each<[string, string]>([
    ["CSV with a header line", `openId,reason,until\noA,left,${END}\noB,,\n`],
    ["columns in any order and case, and others", `Until;x;open_id;REASON\n${END};1;oA;left\n;2;oB;\n`],
    ["CSV without a header line", `oA,left,${END}\noB\n`],
    ["rows of a pipe", `oA\tleft\t${END}\t2026-01-01T00:00:00Z\tx@y\noB\t\t\t\t\n`],
    [
      "NDJSON",
      `{"openId":"oA","reason":"left","until":"${END}"}\n{"openId":"oB","reason":null,"until":null}\n`,
    ],
    ["seconds and milliseconds", `openId,reason,until\noA,left,2209086240\noB,,\n`],
    ["pool keys", `mina:openid:oA,left,2209086240000\n{mina:openid:oB}:sends\n`],
  ])("%s", async (_, text) => {
    const result = await importOf(text);
    expect(result.code, result.stderr).toBe(0);
    expect(result.json()).toMatchObject({
      lines: 2,
      added: 2,
      bad: 0,
      ended: 0,
      duplicates: 0,
      dryRun: false,
    });
    expect(await kept()).toEqual(ALL);
    expect((await importOf(text, "-")).json()).toMatchObject({ added: 0, changed: 0, unchanged: 2 });
  });

  it("plain lines, with a reason for rows without one", async () => {
    const path = join(dir, "list.txt");
    writeFileSync(path, "oA\noB\noA\n");
    const result = await importOf(undefined, path, "--reason", "in May");
    expect(result.json()).toMatchObject({ lines: 3, added: 2, duplicates: 1 });
    expect(await kept()).toEqual({ oA: "in May -", oB: "in May -" });
  });

  it("other encodings, when told", async () => {
    const path = join(dir, "gb.csv");
    writeFileSync(
      path,
      Buffer.concat([Buffer.from("openId,reason\noA,"), Buffer.from([0xcd, 0xcb, 0xb6, 0xa9])]),
    );
    const untold = await importOf(undefined, path);
    expect({ code: untold.code, stderr: untold.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("set the encoding with --encoding"),
    });
    await importOf(undefined, path, "--encoding", "gb18030");
    expect(await kept()).toEqual({ oA: "退订 -" });
  });

  it("what list prints, in every form", async () => {
    await world.cli(["suppress", "add", "oA", "--reason", 'say "no", twice', "--until", END]);
    await world.cli(["suppress", "add", "oB", "oC"]);
    const before = await kept();
    for (const format of [
      ["--json"],
      ["--format", "csv"],
      ["--format", "tsv"],
      ["--format", "tsv", "--header"],
    ]) {
      const { stdout } = await world.cli(["suppress", "list", ...format]);
      expect((await importOf(stdout)).json()).toMatchObject({ unchanged: 3, changed: 0 });
      await world.redis.client.del("mina:suppressed");
      expect((await importOf(stdout)).json()).toMatchObject({ added: 3 });
      expect(await kept()).toEqual(before);
    }
  });
});

describe("a bad row", () => {
  const BAD = `openId,reason,until\noA,left,\no B,,\noC,,soon\n,x,\noD,${"y".repeat(201)},\noE,,2020-01-01\n`;

  it("keeps everything from happening, and all are named", async () => {
    const { code, stderr } = await importOf(BAD);
    expect(code).toBe(2);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({
      message: "stdin: 4 invalid rows",
      hint: "nothing was changed; fix the lines and run again, or use --skip-bad-rows to skip them",
    });
    expect(error.details).toEqual([
      "line 3: 'o B' is not an openId",
      "line 4: 'soon' is not a time: ISO 8601, or seconds or milliseconds since 1970",
      "line 5: no openId",
      "line 6: a reason of 201 characters; at most 200 are kept",
    ]);
    expect(await kept()).toEqual({});
  });

  it("is left out with --skip-bad-rows, which ends with 8", async () => {
    const result = await importOf(BAD, "--skip-bad-rows");
    expect(result.code).toBe(8);
    expect(result.json()).toMatchObject({ lines: 6, added: 1, bad: 4, ended: 1 });
    expect(result.stderr).toContain("4 rows are skipped as invalid");
    expect(await kept()).toEqual({ oA: "left -" });
  });

  it("or none at all: 3; a dry run changes nothing", async () => {
    expect((await importOf("")).code).toBe(3);
    expect((await importOf("o B\n", "--skip-bad-rows")).code).toBe(3);
    expect((await importOf("oA\n", "--dry-run")).json()).toMatchObject({ added: 1, dryRun: true });
    expect(await kept()).toEqual({});
  });
});

it("any garbage is refused or taken as a whole, and never by half", async () => {
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom(
      "oA",
      "oA,left",
      "oB,,2040-01-01",
      '{"openId":"oC"}',
      "openId,until",
      "\ufeffoD",
      '"oE',
      "[",
      "{}",
    ),
    fc.json({ maxDepth: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
      await world.redis.client.del("mina:suppressed");
      const result = await importOf(lines.join("\n"));
      const count = await world.redis.client.hlen("mina:suppressed");
      expect([0, 2, 3], result.stderr).toContain(result.code);
      if (result.code === 0) expect(result.json<{ added: number }>().added).toBe(count);
      else expect(count).toBe(0);
    }),
    { numRuns: 150 },
  );
});
