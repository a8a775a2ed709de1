import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ROOT, readSources } from "./files.ts";
import { findCircles } from "./imports.ts";
import { findViolations } from "./rules.ts";

const sources = readSources();

it("imports and touches only what the table of folders allows", () => {
  const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const packages = Object.keys(devDependencies);
  const violations = [...sources].flatMap(([file, source]) => findViolations(file, source, packages));
  expect(violations).toEqual([]);
});

it("has no circles of imports", () => {
  expect(findCircles(sources)).toEqual([]);
});

it("keeps files readable: none over 250 lines, the median under 80", () => {
  const lines = [...sources].map(([file, source]) => ({ file, count: source.split("\n").length - 1 }));
  expect(lines.filter(({ count }) => count > 250)).toEqual([]);
  const counts = lines.map(({ count }) => count).sort((a, b) => a - b);
  // A handful of files says nothing about habits.
  if (counts.length >= 20) expect(counts[Math.floor(counts.length / 2)]).toBeLessThan(80);
});

it("holds nothing at the top but what tools require there", () => {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
  const top = new Set(tracked.filter((file) => file !== "").map((file) => file.split("/")[0] as string));
  const folders = ["bin", "src", "test"];
  const texts = ["README.md", "LICENSE", "CHANGELOG.md"];
  const files = ["package.json", "package-lock.json", "tsconfig.json", "biome.json", ...texts];
  const rest = [...top].filter((name) => !name.startsWith(".") && ![...folders, ...files].includes(name));
  expect(top.size).toBeGreaterThan(5);
  expect(rest).toEqual([]);
});
