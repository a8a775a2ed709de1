import { expect, it } from "vitest";
import { VARIABLES } from "../../src/config/variables.ts";
import { readSources } from "../structure/files.ts";
import { load, useFolder } from "./folder.ts";

useFolder();

const warnings = async (env: Record<string, string>) => (await load({}, env)).warnings;

it.each([
  ["PUSH_CLI_REDISURL", "PUSH_CLI_REDIS_URL"],
  ["PUSH_CLI_APISECRET", "PUSH_CLI_APPSECRET"],
  ["PUSH_CLI_APP_ID", "PUSH_CLI_APPID"],
  ["PUSH_CLI_redis_url", "PUSH_CLI_REDIS_URL"],
  ["PUSH_CLI_PROFIL", "PUSH_CLI_PROFILE"],
  ["PUSH_CLI_CONFG", "PUSH_CLI_CONFIG"],
  ["PUSH_CLI_APPSECRETFILE", "PUSH_CLI_APPSECRET_FILE"],
  ["PUSH_CLI_FROM_REDISURL", "PUSH_CLI_FROM_REDIS_URL"],
])("%s was meant to be %s", async (name, meant) => {
  expect(await warnings({ [name]: "s3cret" })).toEqual([
    `${name} is not a variable of push-cli; did you mean ${meant}?`,
  ]);
});

it("names one that resembles none, and no value", async () => {
  expect(await warnings({ PUSH_CLI_XYZZY: "s3cret", PUSH_CLI_: "s3cret" })).toEqual([
    "PUSH_CLI_XYZZY is not a variable of push-cli",
    "PUSH_CLI_ is not a variable of push-cli",
  ]);
});

it("is silent about empty ones, other programs' and its own", async () => {
  const own = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  const others = { PUSH_CLIENT_URL: "x", OTHER_PUSH_CLI_URL: "x", PUSH_CLI: "x" };
  expect(await warnings({ ...own, ...others, PUSH_CLI_REDISURL: " " })).toEqual([]);
  expect(await warnings({ PUSH_CLI_FROM_REDIS_URL: "redis://h", PUSH_CLI_APPID: "wx1" })).toEqual([]);
});

it("knows every variable that the sources name", () => {
  const named = [...readSources().values()].join("\n").match(/PUSH_CLI_[A-Z_]*[A-Z]/g) ?? [];
  expect([...new Set(named)].sort()).toEqual([...VARIABLES].sort());
});
