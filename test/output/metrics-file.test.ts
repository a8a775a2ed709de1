import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkMetricsFile, readMetric, writeMetrics } from "../../src/output/metrics-file.ts";
import { useFolder } from "../broadcast/world.ts";

const folder = useFolder();

it("who reads while it is written has a whole text, the old one or the new one", async () => {
  const path = join(folder, "whole.prom");
  const texts = ["a", "b"].map((one) => `${one.repeat(200_000)}\n`);
  await writeMetrics(path, texts[0] ?? "");
  let isOver = false;
  const seen = new Set<string>();
  const reader = async () => {
    while (!isOver) {
      seen.add(readFileSync(path, "utf8"));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const reading = reader();
  // Until the reader has had both.
  for (let i = 0; i < 20 || (seen.size < 2 && i < 1000); i++) await writeMetrics(path, texts[i % 2] ?? "");
  isOver = true;
  await reading;
  expect([...seen].sort()).toEqual(texts);
});

it("is readable by all, whatever the umask, and nothing is left beside it", async () => {
  const before = process.umask(0o077);
  try {
    const own = join(folder, "mode");
    mkdirSync(own, { mode: 0o700 });
    await writeMetrics(join(own, "a.prom"), "x 1\n");
    expect(statSync(join(own, "a.prom")).mode & 0o777).toBe(0o644);
    await checkMetricsFile(join(own, "b.prom"));
    expect(readdirSync(own)).toEqual(["a.prom"]);
  } finally {
    process.umask(before);
  }
});

it.each([
  ["a.txt", "does not end in .prom"],
  ["missing/a.prom", "its folder does not exist"],
  ["folder.prom", "it is not a file"],
])("%s is refused: %s", async (name, why) => {
  mkdirSync(join(folder, "folder.prom"), { recursive: true });
  await expect(checkMetricsFile(join(folder, name))).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining(why),
  });
});

it("a text that can't be put in place is an output error, and leaves nothing behind", async () => {
  mkdirSync(join(folder, "taken/a.prom/b"), { recursive: true });
  await expect(writeMetrics(join(folder, "taken/a.prom"), "x 1\n")).rejects.toMatchObject({ kind: "output" });
  expect(readdirSync(join(folder, "taken"))).toEqual(["a.prom"]);
});

it("reads a value of an earlier file, and none where there is none", async () => {
  const path = join(folder, "read.prom");
  writeFileSync(path, '# TYPE x gauge\nx_total 1\nx{channel="a b"} 1.5e9\n');
  expect(await readMetric(path, "x")).toBe(1.5e9);
  expect(await readMetric(path, "y")).toBeUndefined();
  expect(await readMetric(join(folder, "none.prom"), "x")).toBeUndefined();
});
