import { expect, it } from "vitest";
import { redactToken } from "../../src/token/redact.ts";

it.each([
  ["76_abcdefghijklmnop", "76_abc..."],
  ["abcdefghijkl", "abcdef..."],
  ["abcdefghijk", "..."],
  ["", "..."],
])("shows six characters at most of %j", (token, shown) => {
  expect(redactToken(token)).toBe(shown);
});
