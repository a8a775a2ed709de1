import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ReportLine } from "../../../src/broadcast/report.ts";
import { giveCode, giveUsers, interrupt, setFaults, useFolder, useWorld } from "../../broadcast/world.ts";
import { parseLines, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const dir = useFolder();
const { run, resume, begin, delivered, screen } = useCommands(world);

const FIELDS = ["openId", "outcome", "attempts", "errcode", "errmsg", "msgid", "formId", "at", "variant"];

async function recipients(id: string, ...args: string[]): Promise<ReportLine[]> {
  const result = await run(["recipients", id, "--json", ...args]);
  expect(result.code, result.stderr).toBe(0);
  return result.lines<ReportLine>();
}

const byOpenId = (lines: ReportLine[]) => lines.toSorted((a, b) => (a.openId < b.openId ? -1 : 1));
const count = (lines: ReportLine[], outcome: string) =>
  lines.filter((line) => line.outcome === outcome).length;

/** A finished broadcast b-1 with users of every outcome, its report, and how it ended. */
async function sendMixture(): Promise<{ path: string; lines: ReportLine[] }> {
  await giveUsers(world, 60);
  // So many that each outcome comes, whomever the faults hit.
  await giveUsers(world, 12, { prefix: "refused_" });
  await giveUsers(world, 8, { prefix: "invalid_" });
  // A code that may bring several messages is not sent with again after an attempt whose end is not known.
  for (let i = 0; i < 36; i++) await giveCode(world, `multi${i}`, `multi${i}-a`, { uses: 3 });
  await giveCode(world, "late", "late-a", { expire: 1_568_000_000_000 });
  setFaults(world, "unlisted:8", "reset-after:25");
  const path = join(dir, `${Math.random()}.ndjson`);
  const sending = await begin(["--id", "b-1", "--report", path, "--concurrency", "1", "--max-errors", "100"]);
  const { code, stderr } = await sending.done;
  expect(code, stderr).toBe(8);
  return { path, lines: parseLines<ReportLine>(readFileSync(path, "utf8")) };
}

describe("the lines of broadcast recipients", () => {
  test("are those of the report written live, but for errmsg and at", async () => {
    const { lines } = await sendMixture();
    for (const outcome of ["sent", "rejected", "failed", "unknown"])
      expect(count(lines, outcome), outcome).toBeGreaterThan(0);
    for (const line of lines) expect(Object.keys(line)).toEqual(FIELDS);
    const known = await recipients("b-1", "--outcome", "sent,rejected,failed,unknown");
    for (const line of known) expect(Object.keys(line)).toEqual(FIELDS);
    const live = lines.filter(({ outcome }) => outcome !== "no_code");
    const comparable = (line: ReportLine) => ({ ...line, errmsg: null, at: "" });
    expect(byOpenId(known).map(comparable)).toEqual(byOpenId(live).map(comparable));
    for (const { openId, at } of known) {
      const other = live.find((line) => line.openId === openId)!;
      expect(Math.abs(Date.parse(at) - Date.parse(other.at))).toBeLessThan(2000);
    }
  });

  test("and of one that resume wrote from the ledgers", async () => {
    await giveUsers(world, 80);
    const args = ["--id", "b-1", "--concurrency", "2"];
    await interrupt(world, args, () => delivered() >= 20);
    const path = join(dir, "later.ndjson");
    expect((await resume("b-1", ["--report", path])).code).toBe(0);
    const lines = parseLines<ReportLine>(readFileSync(path, "utf8"));
    expect(lines).toHaveLength(80);
    for (const line of lines) expect(Object.keys(line)).toEqual(FIELDS);
    expect(byOpenId(await recipients("b-1")).map((line) => ({ ...line, at: "" }))).toEqual(
      byOpenId(lines).map((line) => ({ ...line, at: "" })),
    );
  });

  test("can be chosen by outcome and by errcode", async () => {
    const { lines } = await sendMixture();
    const names = (some: ReportLine[]) => some.map(({ openId }) => openId).sort();
    const ofReport = (fits: (line: ReportLine) => boolean) => names(lines.filter(fits));
    expect(names(await recipients("b-1", "--outcome", "failed,unknown"))).toEqual(
      ofReport(({ outcome }) => outcome === "failed" || outcome === "unknown"),
    );
    const refused = ofReport(({ errcode }) => errcode === 43101);
    expect(refused.length).toBeGreaterThan(0);
    expect(names(await recipients("b-1", "--errcode", "43101"))).toEqual(refused);
    expect(names(await recipients("b-1", "--errcode", "40003, 99999"))).toEqual(
      ofReport(({ errcode }) => errcode === 40003 || errcode === 99999),
    );
    expect(await recipients("b-1", "--errcode", "40003", "--outcome", "sent")).toEqual([]);
  });

  test.each([
    [["--outcome", "fail"], "'fail'", "sent, no_code, rejected, failed, unknown, invalid, open"],
    [["--outcome", "failed,"], "''", "sent"],
    [["--errcode", "abc"], "'abc'", "43101"],
    [["--errcode", "43101,"], "''", "43101"],
    [["--format", "xml"], "xml", "csv"],
    [["--format", "csv", "--json"], "--format csv and --json", ""],
  ])("%j is exit 2", async (args, value, hint) => {
    await giveUsers(world, 1);
    await (await begin(["--id", "b-1"])).done;
    const result = await run(["recipients", "b-1", ...args]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(value);
    expect(result.stderr).toContain(hint);
  });

  test("of a broadcast that there is not: exit 3", async () => {
    expect(await run(["recipients", "b-404"])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("'b-404'"),
    });
  });

  test.each([["--json"], ["--format=csv"], ["--format=openid"], []])(
    "when nobody fits: exit 0, a quiet line, nothing on stdout (%s)",
    async (...args) => {
      await giveUsers(world, 2);
      await (await begin(["--id", "b-1"])).done;
      const result = await run(["recipients", "b-1", "--outcome", "failed", ...args]);
      expect(result).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("no recipient") });
      const quiet = await run(["recipients", "b-1", "--outcome", "failed", "--quiet", ...args]);
      expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "" });
    },
  );

  test("that were claimed by a run that is gone are open", async () => {
    await giveUsers(world, 40);
    setFaults(world, "reset-after:100");
    const result = await interrupt(world, ["--id", "b-1", "--concurrency", "10"], () => delivered() >= 9);
    const { open } = result.json<{ open: number }>();
    expect(open).toBeGreaterThan(0);
    const lines = await recipients("b-1", "--outcome", "open");
    expect(lines).toHaveLength(open);
    for (const line of lines)
      expect(line).toMatchObject({ outcome: "open", errcode: null, msgid: null, formId: `${line.openId}-a` });
    setFaults(world);
    expect((await resume("b-1")).code).toBe(0);
    expect(await recipients("b-1", "--outcome", "open")).toEqual([]);
  });

  test("are of this broadcast alone", async () => {
    await giveUsers(world, 3, { codes: 2 });
    await (await begin(["--id", "b-1"])).done;
    await (await begin(["--id", "b-2", "--to", "u1"], 4)).done;
    expect((await recipients("b-2")).map(({ openId, formId }) => [openId, formId])).toEqual([["u1", "u1-b"]]);
  });
});

describe("other forms", () => {
  test("csv has a header line, and quotes", async () => {
    const { lines } = await sendMixture();
    const { stdout, stderr } = await run(["recipients", "b-1", "--format", "csv", "--outcome", "rejected"]);
    const [header, ...rows] = stdout.trimEnd().split("\r\n");
    expect(header).toBe(FIELDS.slice(0, -1).join(","));
    const rejected = count(lines, "rejected");
    expect(rows).toHaveLength(rejected);
    expect(rows.find((row) => row.includes("43101"))).toMatch(
      /^(refused_\d+),rejected,\d,43101,,,\1-a,\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    );
    expect(stderr).toBe(`${rejected} recipients\n`);
  });

  test("openids go into another broadcast, which reaches exactly those", async () => {
    await giveUsers(world, 60);
    setFaults(world, "unlisted:10");
    await (await begin(["--id", "b-1", "--concurrency", "1", "--max-errors", "100"])).done;
    setFaults(world);
    const missed = (await recipients("b-1", "--outcome", "failed")).map(({ openId }) => openId);
    expect(missed.length).toBeGreaterThan(0);
    for (const openId of missed) await giveCode(world, openId, `${openId}-again`);
    const args = ["recipients", "b-1", "--outcome", "failed", "--format", "openid", "--quiet"];
    const { stdout, stderr } = await run(args);
    expect(stderr).toBe("");
    const before = world.sandbox.stats().deliveriesByUser;
    const second = await run(
      ["send", "template-2", "--id", "b-2", "--to-file", "-", "--yes", "--no-keywords", "--json"],
      {
        stdin: stdout,
      },
    );
    expect(second.code, second.stderr).toBe(0);
    // Whoever failed by chance may be one whom the platform refuses anyway.
    const willing = missed.filter((openId) => !/^(refused|invalid)_/.test(openId));
    expect(second.json()).toMatchObject({ recipients: missed.length, outcomes: { sent: willing.length } });
    const after = world.sandbox.stats().deliveriesByUser;
    const reached = Object.keys(after).filter((openId) => after[openId] !== before[openId]);
    expect(reached.sort()).toEqual(willing.toSorted());
  });

  test("rows in a pipe, a table on a terminal", async () => {
    await giveUsers(world, 3);
    await (await begin(["--id", "b-1"])).done;
    const rows = (await run(["recipients", "b-1"])).stdout.trimEnd().split("\n");
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatch(/^u\d\tsent\t1\t\t\t\d+\tu\d-a\t\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const { stdout } = await screen(["recipients", "b-1"]);
    expect(stdout).toMatch(/^openId +outcome +attempts +errcode +at *$/m);
    expect(stdout).toMatch(/^u1 +sent +1 .*\d{4}-\d\d-\d\d/m);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});
