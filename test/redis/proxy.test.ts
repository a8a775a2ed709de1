import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { SCRIPTS } from "../../src/redis/scripts.ts";
import { slotOf } from "../../src/redis/slots.ts";
import { broadcast, giveUsers, useWorld } from "../broadcast/world.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Ruling, useRelays } from "../helpers/relay.ts";

/** What a proxy before two servers does: keyed commands go by the slot of their first key, the others to the first. */
const world = useWorld();
let other: TestRedis;
const relayTo = useRelays();

beforeAll(async () => {
  other = await startTestRedis();
});
afterAll(() => other.stop());
beforeEach(() => other.client.flushall());

const KEYLESS = new Set(["PING", "INFO", "SCAN", "TIME", "CLIENT", "SELECT", "SCRIPT", "CLUSTER"]);

function keysOf(command: string, args: string[]): string[] {
  if (KEYLESS.has(command)) return [];
  return /^EVAL/.test(command) ? args.slice(2, 2 + Number(args[1])) : args.slice(0, 1);
}

async function startProxy(
  wording: string,
  { also = () => undefined as Ruling, servers = 2 } = {} as {
    also?: (command: string, args: string[]) => Ruling;
    servers?: 1 | 2;
  },
): Promise<string> {
  return relayTo([world.redis.client, other.client], (command, args) => {
    const ruled = also(command, args);
    if (ruled) return ruled;
    const slots = keysOf(command, args).map(slotOf);
    if (slots.some((slot) => slot !== slots[0])) return { error: wording.replace("%", command) };
    return { to: servers === 2 && (slots[0] ?? 0) >= 8192 ? 1 : 0 };
  });
}

const cli = (url: string, argv: string[]) =>
  runCli([...argv, "--json"], { env: cliEnv(url, world.sandbox.url) });

const WORDINGS = [
  "CROSSSLOT Keys in request don't hash to the same slot",
  "ERR '%' command keys must in same slot",
  "ERR eval/evalsha command keys must be in same slot",
];

it.each(WORDINGS)(
  "a service whose words for several slots are %s serves by a call a slot",
  async (wording) => {
    await giveUsers(world, 20);
    const url = await startProxy(wording, { servers: 1 });
    const trusted = `${url}?scan=all`;
    expect((await cli(trusted, ["purge"])).json()).toMatchObject({ poolsScanned: 20, complete: true });
    const sent = await broadcast({ ...world, redis: { ...world.redis, url: trusted } });
    expect(sent.code).toBe(0);
    expect(sent.json<BroadcastResult>().outcomes.sent).toBe(20);
  },
);

it.each(WORDINGS)(
  "a sweep through a proxy that may hide keys is refused, and a list is not: %s",
  async (wording) => {
    const users = await giveUsers(world, 20);
    // Moved to where the proxy looks for them.
    for (const openId of users.filter((user) => slotOf(`mina:openid:${user}`) >= 8192)) {
      const key = `mina:openid:${openId}`;
      await other.client.rpush(key, ...(await world.redis.client.lrange(key, 0, -1)));
      await world.redis.client.del(key);
    }
    const hidden = (await other.client.keys("*")).length;
    expect(hidden).toBeGreaterThan(0);
    const url = await startProxy(wording);
    for (const argv of [["pool", "list"], ["pool", "stats"], ["pool", "export"], ["purge"]]) {
      const refused = await cli(url, argv);
      expect(refused.code, argv.join(" ")).toBe(6);
      expect(refused.stderr).toContain("is a proxy in front of several servers");
      expect(refused.stderr).toContain("--to-file");
    }
    const refused = await broadcast({ ...world, redis: { ...world.redis, url } });
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("?scan=all") });
    expect(await world.redis.client.keys("mina:broadcast*")).toEqual([]);
    const listed = await broadcast({ ...world, redis: { ...world.redis, url } }, ["--to", ...users]);
    expect(listed.code).toBe(0);
    expect(listed.json<BroadcastResult>().outcomes.sent).toBe(20);
  },
);

it("a proxy that shows one server's INFO of a cluster, and no CLUSTER, is taken for several servers", async () => {
  await giveUsers(world, 3);
  const info = (await world.redis.client.info()).replace("cluster_enabled:0", "cluster_enabled:1");
  const url = await startProxy(WORDINGS[0]!, {
    also: (command) =>
      command === "INFO"
        ? { reply: info }
        : command === "CLUSTER"
          ? { error: "ERR unknown command 'CLUSTER', with args beginning with: 'SLOTS' " }
          : undefined,
  });
  expect((await cli(url, ["pool", "list"])).stderr).toContain("is a proxy in front of several servers");
});

it("keys on several servers that the first claim finds out, and not the question before, end the broadcast", async () => {
  await giveUsers(world, 20);
  const url = await startProxy(WORDINGS[0]!, {
    servers: 1,
    also: (command, args) => (args[0] === "0".repeat(40) ? { error: `NOSCRIPT ${command}` } : undefined),
  });
  const sent = await broadcast({ ...world, redis: { ...world.redis, url } });
  expect(sent.code).toBe(6);
  expect(sent.json<BroadcastResult>()).toMatchObject({ status: "stopped", recipients: 0 });
  expect(sent.stderr).toContain("is a proxy in front of several servers");
});

/** Without the script's text, and without ioredis' words for its arguments. */
function refuse(pattern: RegExp, error: string) {
  return (command: string, args: string[]): Ruling =>
    pattern.test(command)
      ? { error: error.replace("%", `${command.toLowerCase()}`).replace("#", args.join(" ")) }
      : undefined;
}

it.each([
  ["EVAL", /^EVAL$/, "ERR unknown command '%', with args beginning with: '#'", ["purge"], "the command eval"],
  [
    "EVALSHA",
    /^EVALSHA$/,
    "ERR unknown command '%', with args beginning with: '#'",
    ["purge"],
    "the command evalsha",
  ],
  ["EVAL, for users", /^EVAL/, "ERR command % not support for normal user", ["purge"], "the command evalsha"],
  [
    "TIME",
    /^TIME$/,
    "ERR unknown command `%`, with args beginning with: ",
    ["pool", "list"],
    "the command time",
  ],
  ["SCAN", /^SCAN$/, "ERR command '%' is not allowed", ["pool", "list"], "the command scan"],
])("%s that is not there is named, with what it is for", async (_, pattern, error, argv, named) => {
  await giveUsers(world, 2);
  await world.redis.client.script("FLUSH");
  const url = await startProxy("-", { servers: 1, also: refuse(pattern, error) });
  const refused = await cli(url, argv);
  expect(refused.code).toBe(6);
  const { message, hint } = JSON.parse(refused.stderr).error;
  expect(message).toContain(`does not offer ${named} at ${url}: ERR `);
  expect(hint).toMatch(/^push-cli needs it (to|for) .*; it may be renamed/);
  expect(message).not.toMatch(/with args beginning|KEYS|local /);
  expect(await world.redis.client.keys("mina:lock:*"), "no lock is left").toEqual([]);
});

it("without UNLINK, lists and records go by DEL", async () => {
  await giveUsers(world, 2);
  const url = await startProxy("CROSSSLOT", {
    servers: 1,
    also: refuse(/^UNLINK$/, "ERR unknown command '%', with args beginning with: "),
  });
  const sent = await cli(url, [
    "broadcast",
    "t",
    "--no-keywords",
    "--yes",
    "--to",
    "u0",
    "u1",
    "--id",
    "b-1",
  ]);
  expect(sent).toMatchObject({ code: 0, stderr: expect.not.stringContaining("unlink") });
  expect(sent.json()).toMatchObject({ status: "finished" });
  expect(await world.redis.client.keys("mina:broadcast:b-1:audience:*")).toEqual([]);
});

it("a service that looks into scripts is told apart, with its parameter", async () => {
  await giveUsers(world, 2);
  const url = await startProxy("-", {
    servers: 1,
    also: (command, args) =>
      /^EVAL/.test(command) && [SCRIPTS.purgePools.sha1, SCRIPTS.purgePools.source].includes(args[0]!)
        ? {
            error:
              "ERR bad lua script for redis cluster, all the keys that the script uses should be passed using the KEYS array",
          }
        : undefined,
  });
  const refused = await cli(url, ["purge"]);
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain("refuses the script purge-pools.lua");
  expect(refused.stderr).toContain("script_check_enable");
  expect(await world.redis.client.keys("mina:lock:*")).toEqual([]);
});
