import { expect, it } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { broadcast, giveUsers, useWorld } from "../broadcast/world.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestRedis } from "../helpers/redis.ts";
import { type Ruling, startRelay, useRelays } from "../helpers/relay.ts";

const world = useWorld();
const relayTo = useRelays();
const through = (rule: (command: string, args: string[]) => Ruling) => relayTo([world.redis.client], rule);

const cli = (url: string, argv: string[]) =>
  runCli([...argv, "--json"], { env: cliEnv(url, world.sandbox.url) });
const errorOf = (stderr: string) => JSON.parse(stderr).error as { message: string; hint: string };
const unknown = (command: string): Ruling => ({
  error: `ERR unknown command \`${command.toLowerCase()}\`, with args beginning with: `,
});

async function infoOf(version: string): Promise<string> {
  return (await world.redis.client.info()).replace(/redis_version:.*/, `redis_version:${version}\r`);
}

it.each(["4.0.14", "3.2.100"])(
  "Redis %s is refused with its version, before anything is written",
  async (version) => {
    await giveUsers(world, 2);
    const before = (await world.redis.client.keys("*")).sort();
    const info = await infoOf(version);
    const url = await through((command) => (command === "INFO" ? { reply: info } : undefined));
    for (const argv of [
      ["purge"],
      ["pool", "list"],
      ["broadcast", "t", "--no-keywords", "--any-template", "--yes"],
    ]) {
      const { code, stderr } = await cli(url, argv);
      expect(code).toBe(6);
      expect(errorOf(stderr).message).toBe(`the Redis at ${url} is version ${version}, which is too old`);
      expect(errorOf(stderr).hint).toContain("5.0 or newer");
    }
    expect((await world.redis.client.keys("*")).sort()).toEqual(before);
  },
);

it("codes are read from one that is too old to be written to", async () => {
  const old = await startTestRedis();
  await old.client.zadd("formids:oDavX4kT1l2m3n4p5q6r7s8t9uvA", Date.now() + 3_600_000, "f1");
  await old.client.set("formids:oB", "no sorted set");
  const info = await infoOf("2.8.24");
  const relay = await startRelay([old.client], (command, args) => {
    if (command === "INFO") return { reply: info };
    return command === "SCAN" && args.includes("TYPE") ? { error: "ERR syntax error" } : undefined;
  });
  const from = [
    "pool",
    "import",
    "--from",
    "zset",
    "--from-prefix",
    "formids:",
    "--from-redis-url",
    relay.url,
  ];
  const imported = await cli(world.redis.url, from);
  await relay.close();
  await old.stop();
  expect(imported).toMatchObject({ code: 0, stderr: expect.not.stringContaining("error") });
  expect(imported.json()).toMatchObject({ keys: 1, imported: 1 });
});

it("Redis 5.0, whose SCAN knows no TYPE, is swept all the same, and other types are left out", async () => {
  await giveUsers(world, 3);
  await world.redis.client.set("mina:openid:text", "no list");
  const info = await infoOf("5.0.14");
  const url = await through((command, args) => {
    if (command === "INFO") return { reply: info };
    return command === "SCAN" && args.includes("TYPE") ? { error: "ERR syntax error" } : undefined;
  });
  expect((await cli(url, ["pool", "list"])).lines()).toHaveLength(3);
  expect((await cli(url, ["pool", "stats"])).json()).toMatchObject({ pools: 3 });
  const sent = await broadcast({ ...world, redis: { ...world.redis, url } });
  expect(sent.code).toBe(0);
  expect(sent.json<BroadcastResult>().recipients).toBe(3);
});

it("a Redis without INFO is swept, and a lost connection is a cut there", async () => {
  await giveUsers(world, 1500);
  let scans = 0;
  let hangsUp = false;
  const url = await through((command) => {
    if (command === "SCAN" && ++scans === 2 && hangsUp) return { hangUp: true };
    return command === "INFO" ? unknown(command) : undefined;
  });
  expect((await cli(url, ["pool", "list"])).lines()).toHaveLength(1500);
  expect((await cli(url, ["purge", "--dry-run"])).json()).toMatchObject({ poolsScanned: 1500 });
  hangsUp = true;
  scans = 0;
  expect((await cli(url, ["pool", "list"])).stderr).toContain("some keys may be missing");
  scans = 0;
  expect((await cli(url, ["pool", "stats"])).json()).toMatchObject({ pools: 1500 });
});

it("a proxy that hangs up at CLIENT and INFO is talked to without them", async () => {
  await giveUsers(world, 2);
  const url = await through((command) => (/^(CLIENT|INFO)$/.test(command) ? { hangUp: true } : undefined));
  expect((await cli(url, ["pool", "show", "u0"])).code).toBe(0);
  const sent = await broadcast({ ...world, redis: { ...world.redis, url } }, ["--to", "u0", "u1"]);
  expect(sent.code).toBe(0);
  expect(sent.json<BroadcastResult>().outcomes.sent).toBe(2);
});

it.each([
  [["pool", "show", "u0"], "time"],
  [["pool", "list"], "scan"],
])(
  "a proxy that hangs up each time at what %j needs is given up, with the command's name",
  async (argv, name) => {
    await giveUsers(world, 2);
    const url = await through((command) =>
      /^(CLIENT|INFO)$/.test(command) || command === name.toUpperCase() ? { hangUp: true } : undefined,
    );
    const { code, stderr } = await cli(url, argv);
    expect(code).toBe(6);
    expect(errorOf(stderr)).toMatchObject({
      message: `the Redis at ${url}, or a proxy in front of it, closes the connection on the command ${name}`,
      hint: expect.stringContaining("twemproxy"),
    });
  },
);

it("what is refused for the time being, and sent again, is not taken for a hang-up", async () => {
  await giveUsers(world, 2);
  let refusals = 0;
  const url = await through((command) => {
    if (/^(CLIENT|INFO)$/.test(command)) return { hangUp: true };
    return command === "TIME" && refusals++ < 8
      ? { error: "BUSY Redis is busy running a script." }
      : undefined;
  });
  const { code, stderr } = await cli(url, ["pool", "show", "u0"]);
  expect([code, refusals]).toEqual([0, 9]);
  expect(stderr).not.toContain("closes the connection");
});

it("one that hangs up at everything may be a proxy, too", async () => {
  const url = await through(() => ({ hangUp: true }));
  const { code, stderr } = await cli(url, ["pool", "list"]);
  expect(code).toBe(6);
  expect(errorOf(stderr).hint).toMatch(/check that it is a Redis;.*prox/);
});

it.each([
  [
    "ERR max number of clients reached",
    /has reached its maximum number of connections.*max number of clients/,
    /maxclients/,
  ],
  ["DENIED Redis is running in protected mode because", /protected mode/, /requirepass/],
])("what is said before the door is shut is shown: %s", async (error, message, hint) => {
  const url = await through(() => ({ hangUp: true, error }));
  const { code, stderr } = await cli(url, ["pool", "list"]);
  expect(code).toBe(6);
  expect(errorOf(stderr).message).toMatch(message);
  expect(errorOf(stderr).hint).toMatch(hint);
});

it("a Redis that is full says so", async () => {
  const full = await startTestRedis();
  const clients = (await full.client.call("CLIENT", "LIST")) as string;
  await full.client.config("SET", "maxclients", clients.trim().split("\n").length);
  const { code, stderr } = await cli(full.url, ["pool", "list"]);
  await full.stop();
  expect(code).toBe(6);
  expect(errorOf(stderr).message).toContain("max number of clients reached");
});

it("a user for a Redis that knows none is told to be left out", async () => {
  const url = await through((command, args) => {
    if (command === "AUTH" && args.length === 2) {
      return { error: "ERR wrong number of arguments for 'auth' command" };
    }
    return { error: "NOAUTH Authentication required." };
  });
  const { code, stderr } = await cli(url.replace("//", "//default:secret@"), ["pool", "list"]);
  expect(code).toBe(6);
  const told = stderr.split("\n").filter((line) => line.startsWith("{"))[0] ?? "";
  expect(errorOf(told).hint).toContain("Redis before 6 has no users");
  expect(stderr).not.toContain("secret");
});
