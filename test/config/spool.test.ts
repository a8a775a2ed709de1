import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { createSpool } from "../../src/config/spool.ts";

const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith("push-cli-"));

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
