import { expect, it } from "vitest";
import { readFiles } from "./files.ts";
import { checkLuaHeader } from "./lua-header.ts";

const GOOD = `-- Takes one thing off the pool for somebody.
--
-- KEYS  1 pool  2 ledger
-- ARGV  1 who  2 lifetime in ms
--       3... things, as many as there are
-- Returns 1 taken, 0 not
local who, ttl, rest = ARGV[1], ARGV[2], { unpack(ARGV, 3) }
return redis.call("X", KEYS[1], KEYS[2])
`;

it("holds every script to its header", () => {
  const scripts = [...readFiles("src/redis/lua", ".lua")];
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.flatMap(([file, source]) => checkLuaHeader(file, source))).toEqual([]);
});

it("accepts a good header, and a fragment without KEYS and ARGV", () => {
  expect(checkLuaHeader("take-thing.lua", GOOD)).toEqual([]);
  expect(checkLuaHeader("take-thing.lua", "-- fragment: helpers that take things.\nlocal x = 1\n")).toEqual(
    [],
  );
});

it.each([
  ["a name without a noun", "take.lua", GOOD, "not named"],
  ["a missing purpose", "take-thing.lua", GOOD.replace(/^.*\n/, ""), "purpose"],
  ["missing keys", "take-thing.lua", GOOD.replace(/-- KEYS.*\n/, ""), "does not list its KEYS"],
  ["missing arguments", "take-thing.lua", GOOD.replace("ARGV  1", "args 1"), "does not list its ARGV"],
  ["a missing result", "take-thing.lua", GOOD.replace("Returns", "gives"), "does not say what it returns"],
  ["a used argument that is not listed", "take-thing.lua", `${GOOD}local x = ARGV[4]\n`, "uses ARGV[4]"],
  ["a listed argument that is not used", "take-thing.lua", GOOD.replace("ARGV[2]", "0"), "lists ARGV 2"],
  ["a used key that is not listed", "take-thing.lua", `${GOOD}local x = KEYS[3]\n`, "uses KEYS[3]"],
  ["no header at all", "take-thing.lua", "return 1\n", "purpose"],
  ["a fragment with keys", "take-thing.lua", GOOD.replace("-- Takes", "-- fragment: takes"), "is a fragment"],
])("finds %s", (_, file, source, problem) => {
  expect(checkLuaHeader(file, source).join("\n")).toContain(problem);
});
