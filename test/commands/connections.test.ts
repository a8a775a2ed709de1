import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { plainEntry } from "../helpers/redis.ts";
import { expectRefusal, type Refusal } from "./refusal.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const PASSWORD = "pw/of:redis@4711";
const SECRET = "secret-of-the-app-0815";
const world = useWorld({ redis: { password: PASSWORD } });
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), SECRET, "wrong-password"];
const SEND = ["broadcast", "order-shipped", "--yes", "--no-keywords"];

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const httpServer = (status: number, body: string) =>
  listen(createHttpServer((_, response) => response.writeHead(status, { connection: "close" }).end(body)));

/** What `fail` says, from every command that needs what is missing. */
function refuses(argv: string[], refusal: Refusal, env: Record<string, string>): Promise<void> {
  return expectRefusal(world.cli, argv, refusal, {
    env: { PUSH_CLI_APPSECRET: SECRET, ...env },
    secrets: SECRETS,
  });
}

describe("Redis", () => {
  const COMMANDS = [
    ["pool", "list"],
    ["pool", "show", "oA"],
    ["pool", "import"],
    ["purge"],
    ["token", "refresh"],
    SEND,
  ];
  const refusesRedis = async (url: string, message: RegExp, hint?: RegExp) =>
    refuses(["pool", "list"], { kind: "redis", message, ...(hint && { hint }) }, { PUSH_CLI_REDIS_URL: url });
  const at = (userInfo: string, path = "") =>
    `redis://${userInfo}127.0.0.1:${world.redis.server.port}${path}`;

  it.each(COMMANDS.map((argv) => [argv]))("that is not there stops %j", (argv) =>
    refuses(
      argv,
      {
        kind: "redis",
        message: /can't reach Redis at redis:\/\/127.0.0.1:1: connection refused/,
        hint: /PUSH_CLI_REDIS_URL/,
      },
      { PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1" },
    ),
  );

  it("refuses a wrong password, user, or none", async () => {
    await refusesRedis(
      at(":wrong-password@"),
      /^Redis refused the password at redis:\/\/:\*\*\*@127/,
      /PUSH_CLI_REDIS_URL/,
    );
    await refusesRedis(
      at("nobody:wrong-password@"),
      /^Redis refused the password at redis:\/\/nobody:\*\*\*@/,
    );
    await refusesRedis(at(""), /^Redis requires a password at redis:\/\/127/, /not on the command line/);
  });

  it("has no database of that number, and no other is used instead", async () => {
    await world.redis.push("oA", plainEntry("old", 1_568_000_000_000));
    const url = at(`:${encodeURIComponent(PASSWORD)}@`, "/99");
    await refusesRedis(url, /^Redis has no such database at redis:\/\/:\*\*\*@.*\/99/, /number at the end/);
    await refuses(["purge"], { kind: "redis", message: /no such database/ }, { PUSH_CLI_REDIS_URL: url });
    expect(await world.redis.entries("oA")).toHaveLength(1);
  });

  it("lacks a right of the user", async () => {
    await world.redis.client.call(
      "acl",
      "setuser",
      "reader",
      "on",
      ">wrong-password",
      "~*",
      "+@read",
      "+@connection",
    );
    await refuses(
      ["purge"],
      {
        kind: "redis",
        message:
          /^the Redis user 'reader' has no right to the command evalsha for release-lock\.lua at redis:\/\/reader:\*\*\*@/,
        hint: /^ACL SETUSER reader \+evalsha;/,
      },
      { PUSH_CLI_REDIS_URL: at("reader:wrong-password@") },
    );
    await world.redis.client.call("acl", "deluser", "reader");
  });

  it("is a read-only replica, or out of memory", async () => {
    const { client } = world.redis;
    await world.redis.push("oA", plainEntry("old", 1_568_000_000_000));
    await client.replicaof("127.0.0.1", "1");
    await refuses(
      ["purge"],
      { kind: "redis", message: /read-only replica of 127.0.0.1:1:/, hint: /at the master, 127.0.0.1:1$/ },
      {},
    );
    await client.replicaof("NO", "ONE");
    await client.config("SET", "maxmemory", "1");
    await refuses(["purge"], { kind: "redis", message: /out of memory/, hint: /maxmemory/ }, {});
    await client.config("SET", "maxmemory", "0");
  });

  it("is something else: a web server, or one that hangs up", async () => {
    const web = await httpServer(400, "<html>");
    await refusesRedis(`redis://${web}`, /Redis.* at redis:\/\/127\S+: \S+/);
    const rude = await listen(createServer((socket) => socket.destroy()));
    await refusesRedis(`redis://${rude}`, /can't reach Redis at redis:\/\/127\S+: connection/);
    await refusesRedis(
      "unix:///nonexistent/redis.sock",
      /can't reach Redis at unix:\/\/\/nonexistent\/redis.sock: no such socket/,
    );
  });

  it("says nothing", async () => {
    const held: { destroy(): void }[] = [];
    const mute = await listen(createServer((socket) => held.push(socket.on("error", () => {}))));
    const { code, stderr } = await world.cli(["pool", "list"], {
      env: { PUSH_CLI_REDIS_URL: `redis://${mute}` },
    });
    for (const socket of held) socket.destroy();
    expect(code).toBe(6);
    expect(stderr).toMatch(
      /^error: can't reach Redis at redis:\/\/127\S+: no answer in time\nhint: is a Redis running there\?/,
    );
  });
});

describe("the token endpoint", () => {
  const TOKEN = ["token", "refresh"];
  const refusesToken = async (apiBase: string, refusal: Refusal, env: Record<string, string> = {}) => {
    await world.redis.push("oA", plainEntry("a", Date.now() + HOUR_MS));
    const before = await world.redis.pools();
    const all = { PUSH_CLI_API_BASE: apiBase, ...env };
    await refuses(TOKEN, refusal, all);
    await refuses(SEND, refusal, all);
    // Wrong credentials are to cost nothing.
    expect(await world.redis.pools()).toEqual(before);
    expect(await world.redis.client.keys("mina:broadcast*")).toEqual([]);
  };

  it("is not there", () =>
    refusesToken("http://127.0.0.1:1", {
      kind: "api",
      message: /no access token from 127.0.0.1:1: connection refused/,
      hint: /--api-base/,
    }));

  it.each([
    ["HTML", 200, "<html>login please</html>"],
    ["HTML with a 502", 502, "<html>bad gateway</html>"],
    ["nothing", 200, ""],
    ["a 404", 404, "not found"],
    ["JSON without a token", 200, '{"ok":true}'],
  ])("answers %s", async (_, status, body) => {
    const host = await httpServer(status, body);
    await refuses(TOKEN, { kind: "api", message: new RegExp(host) }, { PUSH_CLI_API_BASE: `http://${host}` });
  });

  it.each([
    [
      40164,
      /errcode 40164, this host's IP is not on the allow list/,
      /allow list in the mini program's console/,
    ],
    [40243, /errcode 40243, AppSecret frozen/, /unfreeze/],
    [89503, /errcode 89503/, /administrator/],
    [48001, /errcode 48001/, /permission/],
    [40125, /errcode 40125, AppSecret invalid/, /PUSH_CLI_APPSECRET/],
  ])("answers errcode %d", async (errcode, message, hint) => {
    // Some answers quote what was sent.
    const host = await httpServer(
      200,
      JSON.stringify({ errcode, errmsg: `invalid ip, secret ${SECRET} hint: [x] rid: a-b-c` }),
    );
    await refusesToken(`http://${host}`, { kind: "credentials", message, hint });
  });

  it("refuses a wrong secret and a wrong appid", async () => {
    const strict = await startSandbox({ appid: "wx-strict", secret: "another-secret" });
    const wrong = (appid: string) => ({ PUSH_CLI_APPID: appid });
    const { url } = strict;
    await refusesToken(
      url,
      {
        kind: "credentials",
        message: /appid "wx-strict": errcode 40001, AppSecret wrong/,
        hint: /PUSH_CLI_APPSECRET/,
      },
      wrong("wx-strict"),
    );
    await refusesToken(
      url,
      {
        kind: "credentials",
        message: /appid "wx-other": errcode 40013, appid invalid/,
        hint: /PUSH_CLI_APPID/,
      },
      wrong("wx-other"),
    );
    await strict.close();
  });
});

describe("a broadcast that the API ends", () => {
  afterAll(() => world.sandbox.setFaults([]));

  it.each([
    [
      45103,
      /errcode 45103.*withdrawn/,
      /2020-01-10.*--channel wechat-subscribe.*formId.*consent.*--api-base/,
    ],
    [45009, /errcode 45009.*quota/, /tomorrow/],
    [48001, /errcode 48001/, /permission/],
    [40037, /errcode 40037/, /template id/],
  ] as const)("with errcode %d keeps the codes and says what to do", async (errcode, message, hint) => {
    for (let i = 0; i < 20; i++) await world.redis.push(`o${i}`, plainEntry(`f${i}`, Date.now() + HOUR_MS));
    const before = await world.redis.pools();
    world.sandbox.setFaults([{ kind: `errcode-${errcode}`, percent: 100 }]);
    const told = await world.cli(SEND);
    expect(told.code).toBe(9);
    expect(told.stdout).toContain("status\tstopped\n");
    const [, said = "", next = ""] = /\nerror: (.+)\nhint: (.+)\n$/.exec(told.stderr) ?? [];
    expect(said).toMatch(message);
    expect(next).toMatch(hint);
    const json = await world.cli([...SEND, "--json", "--quiet"]);
    expect(json.code).toBe(9);
    expect(json.json()).toMatchObject({ status: "stopped", outcomes: { sent: 0 } });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "stopped" } });
    expect(await world.redis.pools()).toEqual(before);
    expect(told.stderr + json.stderr).not.toMatch(/\n {4}at /);
  });
});
