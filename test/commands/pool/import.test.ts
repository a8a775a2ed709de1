import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { HOUR_MS, useWorld } from "../world.ts";
import { expectTotals, type Totals } from "./import-totals.ts";

const world = useWorld();
const folder = mkdtempSync(join(tmpdir(), "push-cli-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const entry = (formId: string, more: object = {}) => JSON.stringify({ formId, expire: LATER, ...more });

async function importText(text: string, expected: Partial<Totals>) {
  const result = await world.cli(["pool", "import", "--json"], { stdin: text });
  return expectTotals(result, { lines: 0, ...expected });
}

describe("pool import", () => {
  it.each([
    [
      "NDJSON",
      `{"openId":"oA","formId":"a","expire":${LATER}}\n{"openId":"oA","formId":"b","expire":${LATER}}\n`,
    ],
    [
      "NDJSON without a last line end",
      `{"openId":"oA","formId":"a","expire":${LATER}}\n{"openId":"oA","formId":"b","expire":${LATER}}`,
    ],
    [
      "NDJSON with blank lines",
      `\n\n{"openId":"oA","formId":"a","expire":${LATER}}\n\n{"openId":"oA","formId":"b","expire":${LATER}}\n\n`,
    ],
    [
      "NDJSON in other names",
      `{"open_id":"oA","form_id":"a","expireTime":${LATER}}\n{"touser":"oA","formid":"b","expire_time":"${LATER}"}\n`,
    ],
    ["CSV with a header", `openId,formId,expire\noA,a,${LATER}\noA,b,${LATER}\n`],
    ["CSV with a header in another order", `expire,note,OPENID,form_id\n${LATER},x,oA,a\n${LATER},y,oA,b\n`],
    ["CSV without a header", `oA,a,${LATER}\noA,b,${LATER}\n`],
    ["CSV with CRLF", `openId,formId,expire\r\noA,a,${LATER}\r\noA,b,${LATER}\r\n`],
    ["CSV with a byte order mark", `\ufeffopenId,formId,expire\noA,a,${LATER}\noA,b,${LATER}\n`],
    [
      "NDJSON with a byte order mark",
      `\ufeff{"openId":"oA","formId":"a","expire":${LATER}}\r\n{"openId":"oA","formId":"b","expire":${LATER}}\r\n`,
    ],
    ["quoted CSV", `"openId","formId","expire"\n"oA","a","${LATER}"\noA,"b",${LATER}\n`],
    ["rows with tabs between", `oA\ta\t${LATER}\noA\tb\t${LATER}\t\n`],
    ["rows with tabs and a header", `expire\topenId\tformId\n${LATER}\toA\ta\n${LATER}\t oA \tb\n`],
    ["CSV with spaces around", `openId, formId, expire\n oA , a , ${LATER} \noA,b,${LATER}\n`],
  ])("appends the codes of %s in the plain form and in order", async (_, text) => {
    await world.redis.push("oA", "what was there");
    await importText(text, { lines: 2, imported: 2 });
    expect(await world.redis.pools()).toEqual({
      "mina:openid:oA": ["what was there", entry("a"), entry("b")],
    });
  });

  it.each([
    ["milliseconds", String(LATER)],
    ["seconds", String(LATER / 1000)],
    ["ISO 8601", new Date(LATER).toISOString()],
    ["ISO 8601 with an offset", `${new Date(LATER + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`],
  ])("reads an expiry in %s", async (_, expire) => {
    await importText(`oA,a,${expire}\n`, { lines: 1, imported: 1 });
    expect(await world.redis.entries("oA")).toEqual([entry("a")]);
  });

  it("keeps the uses of a payment's code, and writes none for a single one", async () => {
    await importText(`openId,formId,expire,uses\noA,wx1,${LATER},3\noA,f1,${LATER},1\noA,f2,${LATER},\n`, {
      lines: 3,
      imported: 3,
    });
    expect(await world.redis.entries("oA")).toEqual([entry("wx1", { uses: 3 }), entry("f1"), entry("f2")]);
  });

  it("leaves out codes that the pool holds already, in whatever form, and those twice in the file", async () => {
    await world.redis.push(
      "oA",
      `["java.util.ArrayList",[{"formId":"x","expire":1568000000000},{"formId":"a","expire":${LATER}}]]`,
    );
    const text = `oA,a,${LATER}\noA,b,${LATER}\noA,b,${LATER}\noB,a,${LATER}\n`;
    await importText(text, { lines: 4, imported: 2, known: 2 });
    expect((await world.redis.entries("oA")).slice(1)).toEqual([entry("b")]);
    expect(await world.redis.entries("oB")).toEqual([entry("a")]);
    const before = await world.redis.pools();
    await importText(text, { lines: 4, known: 4 });
    expect(await world.redis.pools()).toEqual(before);
  });

  it("leaves out codes that have expired", async () => {
    await importText(`oA,a,1568000000000\noA,b,2019-09-09\noA,c,${LATER}\n`, {
      lines: 3,
      imported: 1,
      expired: 2,
    });
  });

  it("names each bad line with its number, takes the others, and exits 8", async () => {
    const lines = [
      ["openId,formId,expire,uses", undefined],
      [`oA,good1,${LATER}`, undefined],
      [`,a,${LATER}`, "it has no openId"],
      [`has space,a,${LATER}`, "'has space' is not an openId"],
      [`oA,,${LATER}`, "it has no formId"],
      [`oA,the formId is a mock one,${LATER}`, "'the formId is a mock one' is not a formId"],
      [`oA,undefined,${LATER}`, "'undefined' is not a formId"],
      ["oA,a,", "it has no expiry"],
      ["oA,a,tomorrow", "'tomorrow' is not an expiry"],
      ["oA,a,2026-13-45", "'2026-13-45' is not an expiry"],
      [`oA,a,${LATER},many`, "'many' is not a number of uses"],
      [`oA,a,${LATER},0`, "'0' is not a number of uses"],
      [`oA,"a,${LATER}`, "not CSV"],
      ["", undefined],
      [`oA,good2,${LATER}`, undefined],
    ] as const;
    const bad = lines.flatMap(([, why], i) => (why === undefined ? [] : [{ line: i + 1, why }]));
    const text = lines.map(([line]) => `${line}\n`).join("");
    const { stderr } = await importText(text, { lines: 13, imported: 2, bad: bad.length });
    const told = stderr.split("\n");
    for (const [i, { line, why }] of bad.entries()) expect(told[i]).toContain(`line ${line}: ${why}`);
    expect(told[bad.length]).toMatch(/^hint: /);
    expect(await world.redis.entries("oA")).toEqual([entry("good1"), entry("good2")]);
  });

  it.each([
    ["no JSON", "{oops}", "not JSON"],
    ["an array", '["oA"]', "not a JSON object"],
    ["an openId that is a number", `{"openId":7,"formId":"a","expire":${LATER}}`, "'7' is not an openId"],
    ["an expiry that is null", '{"openId":"oA","formId":"a","expire":null}', "'null' is not an expiry"],
    ["a line of 2 MB", `{"openId":"oA","x":"${"x".repeat(2_000_000)}"}`, "the line is longer than 1 MiB"],
    [
      "an escape sequence",
      '{"openId":"\\u001b[2J","formId":"a","expire":1568000000000}',
      "'\\x1b[2J' is not an openId",
    ],
  ])("names a line of NDJSON with %s", async (_, line, why) => {
    const good = (formId: string) => `{"openId":"oA","formId":"${formId}","expire":${LATER}}`;
    const { stderr } = await importText(`${good("a")}\n${line}\n${good("b")}\n`, {
      lines: 3,
      imported: 2,
      bad: 1,
    });
    expect(stderr).toContain(`line 2: ${why}`);
    expect(stderr.length).toBeLessThan(300);
  });

  it("names the lines whose pool is something else than a list", async () => {
    await world.redis.client.set("mina:openid:oText", "text");
    const { stderr } = await importText(`oA,a,${LATER}\noText,b,${LATER}\noText,c,${LATER}\n`, {
      lines: 3,
      imported: 1,
      bad: 2,
    });
    expect(stderr).toContain("line 2: the key 'mina:openid:oText' is not a list\nline 3: ");
    expect(await world.redis.client.get("mina:openid:oText")).toBe("text");
  });

  it("minds no column that has a name of its own use, such as error or place", async () => {
    const text = `openId,formId,expire,error,place,line\noA,a,${LATER},none,Berlin,7\n,b,${LATER},none,Berlin,7\n`;
    const { stderr } = await importText(text, { lines: 2, imported: 1, bad: 1 });
    expect(stderr).toContain("line 3: it has no openId\n");
    const json = `{"openId":"oA","formId":"c","expire":${LATER},"error":"none","place":"Berlin","scoreMs":1}`;
    await importText(`${json}\n`, { lines: 1, imported: 1 });
    expect(await world.redis.entries("oA")).toEqual([entry("a"), entry("c")]);
  });

  it("writes each formId as JSON has it, whatever visible characters it is of", async () => {
    const formIds = [
      'quo"te-and-more',
      "back\\slash-more",
      "1f2e3d4c5b6a79880a1b2c3d00000001",
      "the_formId-1",
      "%s/{}[]",
    ];
    const lines = formIds.map((formId) => JSON.stringify({ openId: "oA", formId, expire: LATER }));
    await importText(lines.join("\n"), { lines: 5, imported: 5 });
    expect(await world.redis.entries("oA")).toEqual(formIds.map((formId) => entry(formId)));
    await importText(lines.join("\n"), { lines: 5, known: 5 });
  });

  it("imports nothing from an empty file", async () => {
    await importText("", {});
    await importText("openId,formId,expire\n", {});
  });

  it("reads a file, relative to where it runs, and takes many codes of many users", async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => `o${i % 70},f${i},${LATER}\n`);
    writeFileSync(join(folder, "codes.csv"), rows.join(""));
    const { code, stdout } = await world.cli(["pool", "import", "codes.csv"], { cwd: folder });
    expect([code, stdout]).toEqual([
      0,
      "lines\t2500\nimported\t2500\nknown\t0\nused\t0\nexpired\t0\nbad\t0\noverlong\t0\noddOpenIds\t2500\ndryRun\tfalse\n",
    ]);
    const formIds = (await world.redis.entries("o3")).map(
      (text) => (JSON.parse(text) as { formId: string }).formId,
    );
    expect(formIds).toEqual(Array.from({ length: 36 }, (_, i) => `f${3 + 70 * i}`));
  });

  it("keeps the order of a user's codes, also when Redis is busy with another user of the same batch", async () => {
    const line = (openId: string, formId: string) => JSON.stringify({ openId, formId, expire: LATER });
    const long = Array.from({ length: 8000 }, (_, i) => `not a code ${i}`);
    await world.redis.push("oLong", ...long);
    const rest = (from: number) => Array.from({ length: 250 }, (_, i) => line(`oX${from + i}`, "x"));
    // In the first batch the user waits for the one before, whose pool takes many calls.
    const lines = [
      line("oLong", "l"),
      line("oA", "1"),
      ...rest(0),
      line("oA", "2"),
      ...rest(250),
      line("oA", "3"),
    ];
    await importText(lines.join("\n"), { lines: 504, imported: 504 });
    expect(await world.redis.entries("oA")).toEqual(["1", "2", "3"].map((formId) => entry(formId)));
    expect((await world.redis.entries("oLong")).at(-1)).toBe(entry("l"));
  });

  it("takes more codes of one user than a batch holds, sorted or not, in their order", async () => {
    const line = (openId: string, i: number) => JSON.stringify({ openId, formId: `f${i}`, expire: LATER });
    const sorted = ["oA", "oB"].flatMap((openId) => Array.from({ length: 700 }, (_, i) => line(openId, i)));
    const mixed = Array.from({ length: 700 }, (_, i) => [line("oC", i), line("oD", i)]).flat();
    await importText([...sorted, ...mixed].join("\n"), { lines: 2800, imported: 2800 });
    const codes = Array.from({ length: 700 }, (_, i) => entry(`f${i}`));
    for (const openId of ["oA", "oB", "oC", "oD"]) expect(await world.redis.entries(openId)).toEqual(codes);
  });

  it("sums up in a line for a person, and says nothing with --quiet but what is bad", async () => {
    const stdin = `oA,a,${LATER}\noA,,1\n`;
    const { code, stdout, stderr } = await world.screen(["pool", "import"], { stdin });
    expect(code).toBe(8);
    expect(stdout).toBe("2 lines, 1 code imported, 0 already there, 0 expired, 1 bad line\n");
    expect(stderr).toMatch(/^line 2: it has no formId\nhint: /);
    const quiet = await world.cli(["pool", "import", "--quiet"], { stdin });
    expect(quiet).toMatchObject({ code: 8, stdout: "", stderr: "line 2: it has no formId\n" });
  });
});
