import { expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
// Slow enough for all processes to want a token before the first has one.
const world = useWorld(cli, { latencyMs: 500 });
const PROCESSES = 8;

it("many processes that want a token at once cause one call, and use the one token", async () => {
  const runs = Array.from({ length: PROCESSES }, () => cli.run(["token", "refresh", "--json"]));
  const tokens = (await Promise.all(runs)).map(({ code, stdout, stderr }) => {
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout) as { token: string; source: string };
  });
  expect(world.sandbox.stats().tokenCalls).toEqual({ stable: 1, basic: 0 });
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
  expect(tokens.filter(({ source }) => source === "api")).toHaveLength(1);
});

it("a stored token is what every later run uses, broadcasts too", async () => {
  await giveUsers(world, 4);
  expect((await cli.run(["token", "refresh"])).code).toBe(0);
  const users = ["o0000", "o0001", "o0002", "o0003"];
  const runs = users.map((openId) =>
    cli.run(["broadcast", TEMPLATE, "--to", openId, "--yes", "--no-keywords"]),
  );
  for (const { code } of await Promise.all(runs)) expect(code).toBe(0);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 4, tokenCalls: { stable: 1, basic: 0 } });
});

it("processes whose token the platform refuses fetch one between them", async () => {
  await giveUsers(world, 4);
  expect((await cli.run(["token", "refresh"])).code).toBe(0);
  world.sandbox.expireTokens();
  const runs = [0, 1, 2, 3].map((i) =>
    cli.run(["broadcast", TEMPLATE, "--to", `o000${i}`, "--yes", "--no-keywords"]),
  );
  for (const { code } of await Promise.all(runs)) expect(code).toBe(0);
  const { delivered, tokenCalls } = world.sandbox.stats();
  expect([delivered, tokenCalls.stable]).toEqual([4, 2]);
});
