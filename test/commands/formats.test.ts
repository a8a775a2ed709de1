import { beforeEach, describe, expect, it } from "vitest";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { faultsOf } from "../helpers/documents.ts";
import { plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const expireMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS;
const AT = new Date(expireMs).toISOString();

beforeEach(async () => {
  for (const openId of ["o1", "o2", "o3"])
    await world.redis.client.rpush(`mina:openid:${openId}`, plainEntry(`f-${openId}`, expireMs));
});

const ROWS = ["o1", "o2", "o3"].map((openId) => [openId, 1, 0, 0, AT, AT]);
const FIELDS = ["openId", "valid", "expired", "unreadable", "nextExpiry", "lastExpiry"];
/** `pool list` in the order of the openIds. */
const list = async (...argv: string[]) =>
  (await world.cli(["pool", "list", "--sort", "expiry", ...argv])).stdout;
const sorted = (text: string) => text.split(/(?<=\n)/).sort();

describe("a list", () => {
  const tsv = ROWS.map((row) => `${row.join("\t")}\n`);

  it("is rows separated by tabs in a pipe, with a header on request", async () => {
    expect(sorted(await list())).toEqual(tsv);
    expect(await list("--format", "tsv", "--no-header")).toBe(await list());
    const [head, ...rows] = (await list("--header")).split(/(?<=\n)/);
    expect([head, rows.sort()]).toEqual([`${FIELDS.join("\t")}\n`, tsv]);
  });

  it("is CSV with a header, unless without", async () => {
    const [head, ...rows] = (await list("--format", "csv")).split(/(?<=\n)/);
    expect(head).toBe(`${FIELDS.join(",")}\r\n`);
    expect(rows.sort()).toEqual(ROWS.map((row) => `${row.join(",")}\r\n`));
    expect(sorted(await list("--format=csv", "--no-header"))).toEqual(rows);
  });

  it("is the same JSON with --format json as with --json, errors included", async () => {
    const argv = ["pool", "list", "--match", "o1"];
    const asked = await world.cli([...argv, "--format", "json"]);
    expect(asked.stdout).toBe((await world.cli([...argv, "--json"])).stdout);
    expect(asked.lines<object>()[0]).toMatchObject({ openId: "o1" });
    const wrong = await world.cli(["pool", "lst", "--format=json"]);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: "usage" } });
  });

  it("is a table in a pipe on request, as wide as COLUMNS says", async () => {
    const argv = ["template", "list", "--channel", "wechat-subscribe", "--format", "table"];
    const [wide, narrow] = await Promise.all(
      ["200", "60"].map((COLUMNS) => world.cli(argv, { env: { COLUMNS } })),
    );
    expect(wide?.stdout).toMatch(/^template +kind +title +fields\n─+/);
    const width = (text = "") => Math.max(...text.split("\n").map((line) => line.length));
    expect(width(wide?.stdout)).toBeGreaterThan(60);
    expect(width(narrow?.stdout)).toBeLessThanOrEqual(60);
    expect((await list("--format", "table", "--no-header")).split("\n")[0]).toMatch(/^o\d {2}/);
  });

  it("is rows on a terminal on request", async () => {
    const { stdout } = await world.screen(["pool", "list", "--format", "tsv"]);
    expect(sorted(stdout)).toEqual(tsv);
  });

  it("is openIds alone, which another command reads", async () => {
    const openIds = await list("--format", "openid", "--limit", "2");
    expect(openIds).toMatch(/^o\d\no\d\n$/);
    const { code } = await world.cli(["broadcast", "t", "--no-keywords", "-y", "--to-file", "-"], {
      stdin: openIds,
    });
    expect([code, world.sandbox.stats().delivered]).toEqual([0, 2]);
  });
});

describe("a document", () => {
  it("is a row for each value, by the paths of the JSON document", async () => {
    const { stdout } = await world.cli(["broadcast", "t", "--no-keywords", "--dry-run"]);
    const pairs = new Map(stdout.split("\n").map((line) => line.split("\t") as [string, string]));
    expect(pairs.get("outcomes.sent")).toBe("3");
    expect(pairs.get("sentPerSecond")).toBe("-");
    expect(pairs.get("sample.template_id")).toBe("t");
  });

  it("has the same rows in CSV, and statistics are one, too", async () => {
    const { stdout } = await world.cli(["pool", "stats", "--format", "csv"]);
    expect(stdout).toMatch(/^name,value\r\npools,3\r\nreachable,3\r\ncodes\.valid,3\r\n/);
    expect(stdout).toContain("perUser.0.codes,1\r\nperUser.0.users,3\r\n");
  });

  it("of a pool is rows with the same columns for codes and broadcasts", async () => {
    await world.redis.client.rpush("mina:openid:o1", plainEntry("f-2", expireMs));
    await world.cli(["broadcast", "t", "--no-keywords", "-y", "--id", "b", "--to", "o1"]);
    const { stdout } = await world.cli(["pool", "show", "o1", "--format", "csv"]);
    const [head, code, send] = stdout.split("\r\n");
    expect(head).toBe("state,formId,expiresAt,uses,overlong,broadcastId,outcome,at,errcode");
    expect(code).toBe(`valid,f-2,${AT},1,,,,,`);
    expect(send).toMatch(/^broadcast,f-o1,,,,b,sent,\d{4}-[^,]*,$/);
  });
});

it.each([
  [["pool", "list", "--format", "cvs"], "invalid value 'cvs' for --format"],
  [["pool", "list", "--color", "alway"], "invalid value 'alway' for --color"],
  [["pool", "list", "--format", "csv", "--json"], "--format csv and --json can't be used together"],
  [["pool", "list", "--format", "csv", "--jq", "."], "--format csv and --jq can't be used together"],
  [["pool", "list", "--header", "--json"], "--header: JSON has no header"],
  [["pool", "export", "--format", "csv"], "--format csv: pool export always prints NDJSON"],
  [
    ["broadcast", "t", "--no-keywords", "-y", "--format", "openid"],
    "--format openid: broadcast send does not list users",
  ],
])("%j is refused before anything is done", async (argv, message) => {
  const { code, stdout, stderr } = await world.cli(argv);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(world.sandbox.stats().delivered).toBe(0);
});

describe("--report -", () => {
  const broadcast = ["broadcast", "t", "--no-keywords", "-y", "--id", "b"];
  const outcomes = (lines: ReportLine[]) => lines.map(({ openId, outcome }) => `${openId} ${outcome}`).sort();

  it("is stdout, and the summary is on stderr", async () => {
    const { code, lines, stderr } = await world.cli([...broadcast, "--report", "-"]);
    const report = lines<ReportLine>();
    expect(code).toBe(0);
    expect(outcomes(report)).toEqual(["o1 sent", "o2 sent", "o3 sent"]);
    expect(report.flatMap((line) => faultsOf("report-line", line))).toEqual([]);
    expect(stderr).toContain("outcomes.sent\t3\n");
  });

  it("of a resumed broadcast has those of the earlier run, too", async () => {
    await world.cli([...broadcast, "--limit", "1"]);
    const { lines } = await world.cli(["broadcast", "resume", "b", "--limit", "none", "-y", "--report", "-"]);
    expect(outcomes(lines<ReportLine>())).toEqual(["o1 sent", "o2 sent", "o3 sent"]);
  });
});

it("colours come with --color always and FORCE_COLOR, never into JSON", async () => {
  const colour = "\x1b[";
  const wrong = ["pool", "lst"];
  expect((await world.cli(wrong)).stderr).not.toContain(colour);
  expect((await world.cli([...wrong, "--color", "always"])).stderr).toContain(colour);
  expect((await world.cli(wrong, { env: { FORCE_COLOR: "1" } })).stderr).toContain(colour);
  expect((await world.cli([...wrong, "--color=never"], { env: { FORCE_COLOR: "1" } })).stderr).not.toContain(
    colour,
  );
  expect((await world.cli([...wrong, "--no-color"], { env: { FORCE_COLOR: "1" } })).stderr).not.toContain(
    colour,
  );
  const table = await world.cli(["pool", "list", "--format", "table", "--color", "always"]);
  expect(table.stdout).toContain(colour);
  const json = await world.cli(["pool", "stats", "--json", "--color", "always"]);
  expect(json.stdout).not.toContain(colour);
  expect(await list("--color", "always")).not.toContain(colour);
});
