import { describe, expect, it } from "vitest";
import { isOverlong, isoToMs, timeToMs } from "../../src/pool/times.ts";
import { MS, SEC } from "./forms.ts";

describe("timeToMs", () => {
  it.each([
    [SEC, MS],
    [MS, MS],
    [MS * 1000 + 999, MS],
    [MS * 1e6, MS],
    [999_999_999, undefined],
    [1_000_000_000, 1_000_000_000_000],
    [9_999_999_999, 9_999_999_999_000],
    [10_000_000_000, undefined],
    [999_999_999_999, undefined],
    [1_000_000_000_000, 1_000_000_000_000],
    [9_999_999_999_999, 9_999_999_999_999],
    [10_000_000_000_000, undefined],
    [999_999_999_999_999, undefined],
    [1e15, 1e12],
    [1e16, undefined],
    [1e18, 1e12],
    [1e19, undefined],
    [MS + 0.9, MS],
    [SEC + 0.5, MS + 500],
    [0, undefined],
    [1, undefined],
    [-1, undefined],
    [-MS, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [Number.NaN, undefined],
  ])("%d is %s", (value, ms) => {
    expect(timeToMs(value)).toBe(ms);
  });
});

describe("isoToMs", () => {
  it.each([
    ["2019-09-09T03:33:20Z", MS],
    ["2019-09-09T03:33Z", MS - 20_000],
    ["2019-09-09 11:33:20,5 +08:00", MS + 500],
    ["2019-09-09T03:33:20.123456789Z", MS + 123],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2023-02-29T00:00:00Z", undefined],
    ["2019-09-09T03:33:60Z", undefined],
    ["2019-09-09T03:60:20Z", undefined],
    ["2019-00-09T03:33:20Z", undefined],
    ["2019-09-00T03:33:20Z", undefined],
    ["2019-09-09T03:33:20+24:00", undefined],
    ["2019-09-09T03:33:20+08:60", undefined],
    ["2019-09-09T03:33:20", undefined],
    ["2019-09-09", undefined],
    ["1970-01-01T00:00:00Z", undefined],
    ["9999-12-31T23:59:59Z", undefined],
    ["a 2019-09-09T03:33:20Z", undefined],
  ])("%s is %s", (text, ms) => {
    expect(isoToMs(text)).toBe(ms);
  });
});

it("takes a code for overlong from 8 days on, to the ms", () => {
  const week = 8 * 86_400_000;
  expect([isOverlong(MS + week, MS), isOverlong(MS + week + 1, MS)]).toEqual([false, true]);
});
