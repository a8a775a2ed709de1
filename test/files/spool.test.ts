import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSpool } from "../../src/files/spool.ts";

let folder = "";
const temporary = () => readdirSync(folder);

// Of its own: other tests keep files in the system's meanwhile.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "push-cli-spool-"));
  vi.stubEnv("TMPDIR", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test.each([
  ["a few", 3],
  ["more than stays in memory", 80],
])("%s pieces are read as they came, as often as wanted, and leave no file", async (_, pieces) => {
  const before = temporary();
  const spool = createSpool<{ texts: string[] }>();
  const piece = (i: number) => ({ texts: [`${i}`, "ä\n".repeat(40_000)] });
  for (let i = 0; i < pieces; i++) await spool.add(piece(i));
  expect(temporary()).toEqual(before);
  for (let round = 0; round < 2; round++) {
    const read: unknown[] = [];
    for await (const one of spool.read()) read.push(one);
    expect(read).toEqual(Array.from({ length: pieces }, (_, i) => piece(i)));
  }
  await spool.close();
});
