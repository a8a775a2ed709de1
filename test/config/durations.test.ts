import { describe, expect, it } from "vitest";
import { parseCount, parseDuration, parseRate } from "../../src/config/durations.ts";
import type { PushCliError } from "../../src/errors.ts";

function errorOf(parse: () => unknown): PushCliError {
  try {
    parse();
  } catch (error) {
    return error as PushCliError;
  }
  throw new Error("parsed");
}

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["90", 90_000],
    ["5m", 300_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["1.5h", 5_400_000],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    "",
    " ",
    "5 m",
    "-5s",
    "+5s",
    "5M",
    "1h30m",
    "s",
    "1e3",
    "0x10",
    ".5s",
    "5.",
    "∞",
    "9".repeat(30),
  ])("%j is an error with examples", (text) => {
    expect(errorOf(() => parseDuration(text))).toMatchObject({
      kind: "usage",
      message: `"${text}" is not a duration`,
      hint: expect.stringContaining("24h"),
    });
  });

  it("names the flag when told", () => {
    expect(errorOf(() => parseDuration("x", "--max-duration")).message).toBe(
      '--max-duration: "x" is not a duration',
    );
  });
});

describe("parseRate", () => {
  it.each([
    ["100/s", 100],
    ["100", 100],
    ["90/m", 1.5],
    ["5000/h", 5000 / 3600],
    ["0.5", 0.5],
  ])("%s is %d a second", (text, rate) => expect(parseRate(text)).toBeCloseTo(rate, 10));

  it.each(["", "0", "0/m", "-1", "100/d", "100 /s", "100/", "/s", "1e3", "12abc", "9".repeat(400)])(
    "%j is an error with examples",
    (text) => {
      expect(errorOf(() => parseRate(text, "--rate"))).toMatchObject({
        kind: "usage",
        message: `--rate: "${text}" is not a rate`,
        hint: expect.stringContaining("90/m"),
      });
    },
  );
});

describe("parseCount", () => {
  it.each([
    ["0", 0],
    ["64", 64],
    ["007", 7],
  ])("%s is %d", (text, count) => expect(parseCount(text, { name: "--limit" })).toBe(count));

  it.each(["1e3", "0x10", "12abc", "-1", "+1", "", " 1", "1.0", "1,000", "１"])(
    "%j is no whole number",
    (text) => {
      expect(errorOf(() => parseCount(text, { name: "--limit" }))).toMatchObject({
        kind: "usage",
        message: `--limit: "${text}" is not a whole number`,
        hint: expect.stringContaining("such as 100"),
      });
    },
  );

  it("holds to its range", () => {
    const range = { min: 1, max: 50, name: "--concurrency" };
    expect(parseCount("1", range)).toBe(1);
    expect(parseCount("50", range)).toBe(50);
    for (const text of ["0", "51", "9".repeat(20)]) {
      expect(errorOf(() => parseCount(text, range))).toMatchObject({
        kind: "usage",
        message: `--concurrency: "${text}" is out of range`,
        hint: "a whole number from 1 to 50, such as 50",
      });
    }
    expect(errorOf(() => parseCount("0", { min: 1, name: "-n" })).hint).toBe(
      "a whole number of at least 1, such as 100",
    );
    expect(errorOf(() => parseCount("9007199254740993", { name: "-n" })).message).toContain("out of range");
  });
});
