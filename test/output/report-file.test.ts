import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openReport } from "../../src/output/report-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
  path = join(folder, "run.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LINE = '{"openId":"o1","outcome":"sent"}\n';

async function addLine(): Promise<string> {
  const report = await openReport(path);
  report.write({ openId: "o2" });
  await report.close();
  return readFileSync(path, "utf8");
}

describe("writing", () => {
  it("adds lines in order behind those of an earlier run", async () => {
    writeFileSync(path, LINE);
    const report = await openReport(path);
    for (let n = 0; n < 20_000; n++) report.write({ n, text: "短信" });
    await report.close();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(`${lines[0]}\n`).toBe(LINE);
    expect(lines.slice(1).map((line) => JSON.parse(line).n)).toEqual(
      Array.from({ length: 20_000 }, (_, n) => n),
    );
    expect(report.failed).toBeUndefined();
  });

  it("reaches the disk soon, without close", async () => {
    const report = await openReport(path);
    report.write({ n: 1 });
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toBe('{"n":1}\n'), { timeout: 60_000 });
    await report.close();
  });

  it("leaves an empty file when there was nothing to report", async () => {
    await (await openReport(path)).close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("tells of a full disk in `failed` and at close, and drops later lines", async () => {
    const report = await openReport("/dev/full");
    report.write({ n: 1 });
    await vi.waitFor(() => expect(report.failed?.kind).toBe("output"), { timeout: 60_000 });
    report.write({ n: 2 });
    await expect(report.close()).rejects.toThrow('cannot write the report "/dev/full": ENOSPC');
  });

  it("writes to a FIFO that somebody reads", async () => {
    execFileSync("mkfifo", [path]);
    const report = await openReport(path);
    report.write({ n: 1 });
    const reader = await open(path, "r");
    const { bytesRead } = await reader.read(Buffer.alloc(100), 0, 100, null);
    expect(bytesRead).toBe('{"n":1}\n'.length);
    await report.close();
    await reader.close();
  });
});

describe("the tail of an existing file", () => {
  it.each([
    ["torn behind whole lines", `${LINE}{"openId":"o2","outc`, `${LINE}{"openId":"o2"}\n`],
    [
      "torn inside a character",
      Buffer.concat([Buffer.from(`${LINE}{"a":"`), Buffer.from([0xe7])]),
      `${LINE}{"openId":"o2"}\n`,
    ],
    ["torn in the only line", '{"openId":"o', '{"openId":"o2"}\n'],
    ["whole but for its line end", LINE.trimEnd(), `${LINE}{"openId":"o2"}\n`],
    ["blank lines", `${LINE}\n`, `${LINE}\n{"openId":"o2"}\n`],
    [
      "torn behind more than is read back",
      `${LINE.repeat(5000)}{"t`,
      `${LINE.repeat(5000)}{"openId":"o2"}\n`,
    ],
  ])("%s", async (_, before, after) => {
    writeFileSync(path, before);
    expect(await addLine()).toBe(after);
  });

  it.each([
    ["text that is no report", "dear diary"],
    ["text behind lines", `${LINE}dear diary`],
    ["one huge line", `{"a":"${"x".repeat(100_000)}`],
  ])("%s is refused and left alone", async (_, before) => {
    writeFileSync(path, before);
    await expect(openReport(path)).rejects.toMatchObject({
      kind: "usage",
      message: `cannot add to "${path}": its last line is not a report line`,
    });
    expect(readFileSync(path, "utf8")).toBe(before);
  });
});

describe("a path that can't be opened", () => {
  it.each([
    ["a directory", () => folder, "is a directory"],
    ["a missing folder", () => join(folder, "none", "r"), "its folder does not exist"],
    ["a file as a folder", () => join("/dev/null", "r"), "ENOTDIR"],
  ])("%s", async (_, where, reason) => {
    await expect(openReport(where())).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(`cannot open the report "${where()}": ${reason}`),
    });
  });
});
