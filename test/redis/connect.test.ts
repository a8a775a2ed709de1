import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { redactUrl } from "../../src/config/redact-url.ts";
import { PushCliError } from "../../src/errors.ts";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { SCRIPTS } from "../../src/redis/scripts.ts";
import { openStores } from "../../src/redis/stores.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { FAR } from "./seed.ts";

const PASSWORD = "s3cr3t-p4ss";

let redis: TestRedis;
let guarded: TestRedis;
beforeAll(async () => {
  [redis, guarded] = await Promise.all([startTestRedis(), startTestRedis({ password: PASSWORD })]);
});
afterAll(() => Promise.all([redis.stop(), guarded.stop()]));

const open: RedisLink[] = [];
afterEach(() => {
  for (const link of open.splice(0)) link.close();
});

async function connect(url: string, reconnectMs?: number): Promise<RedisLink> {
  const link = await connectRedis({ url, shownUrl: redactUrl(url), reconnectMs });
  open.push(link);
  return link;
}

/** The error of something that must fail, checked for what every such error has to be. */
async function errorOf(
  failing: Promise<unknown>,
  kind: PushCliError["kind"] = "redis",
): Promise<PushCliError> {
  const error = await failing.then(
    (value) => Promise.reject(new Error(`did not fail: ${String(value)}`)),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PushCliError);
  expect(error).toMatchObject({ kind });
  // Not in its message, its stack or its causes, however deep somebody prints it.
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/s3cr3t|wr0ng/);
  return error as PushCliError;
}

it("tells Redis' own time", async () => {
  const link = await connect(redis.url);
  const [sec, micro] = await redis.client.time();
  const now = Number(sec) * 1000 + Number(micro) / 1000;
  expect(Math.abs((await link.now()) - now)).toBeLessThan(5000);
});

it("connects with a password, and names itself to the server", async () => {
  const link = await connect(guarded.url);
  expect(await link.call(link.client.ping())).toBe("PONG");
  expect(String(await link.call(link.client.client("LIST")))).toContain("name=push-cli");
});

it("connects through a socket, to a database of it", async () => {
  const path = join(redis.server.dir, "redis.sock");
  const own = await startTestRedis({ args: ["--unixsocket", path] });
  await own.client.select(2);
  await own.push("oA", plainEntry("f", FAR));
  for (const url of [`${path}?db=2`, `unix://${path}?db=2`, `unix:${path}?db=2`]) {
    const link = await connect(url);
    expect(await link.call(link.client.llen("mina:openid:oA"))).toBe(1);
  }
  const link = await connect(path);
  expect(await link.call(link.client.dbsize())).toBe(0);
  await own.stop();
});

it("runs a script on a server that has never seen it", async () => {
  const link = await connect(redis.url);
  await redis.client.script("FLUSH");
  expect(await link.run(SCRIPTS.releaseLock, ["mina:lock:x"], ["me"])).toBe(0);
  expect(await link.run(SCRIPTS.releaseLock, ["mina:lock:x"], ["me"])).toBe(0);
});

describe("refuses to start", () => {
  it.each([
    ["a wrong password", () => guarded.url.replace(PASSWORD, "wr0ng"), /refused the password/],
    ["a wrong user", () => guarded.url.replace("redis://:", "redis://somebody:"), /refused the password/],
    [
      "no password where one is wanted",
      () => guarded.url.replace(`:${PASSWORD}@`, ""),
      /requires a password/,
    ],
  ])("with %s", async (_, url, what) => {
    const error = await errorOf(connect(url()));
    expect(error.message).toMatch(what);
    expect(error.message).toContain(`127.0.0.1:${guarded.server.port}`);
    expect(error.hint).toContain("PUSH_CLI_REDIS_URL");
  });

  it("when nobody listens there", async () => {
    const port = await findFreePort();
    const error = await errorOf(connect(`redis://:${PASSWORD}@127.0.0.1:${port}`));
    expect(error.message).toBe(`can't reach Redis at redis://:***@127.0.0.1:${port}: connection refused`);
    expect(error.hint).toContain("--redis-url");
  });

  it.each([
    ["a host that does not exist", `redis://:${PASSWORD}@no-such-host.invalid:6379`],
    ["a socket that does not exist", "unix:///nonexistent/redis.sock"],
  ])("at a URL with %s", async (_, url) => {
    await errorOf(connect(url));
  });

  // Not a fault of Redis: nobody waits for it to pass.
  it.each([
    ["a port beyond all ports", `redis://:${PASSWORD}@127.0.0.1:99999`],
    ["a password that is not encoded", `redis://:${PASSWORD}%zz@127.0.0.1:1`],
    ["a slash in the password", `redis://:${PASSWORD}/x@127.0.0.1:1`],
    ["no host", `redis://:${PASSWORD}@`],
    ["words", "not a url"],
    ["another scheme", `http://:${PASSWORD}@127.0.0.1:1`],
  ])("at a URL with %s", async (_, url) => {
    await errorOf(connect(url), "config");
  });

  it("in a database that the server does not have, instead of using another one", async () => {
    const error = await errorOf(connect(`${redis.url}/999`));
    expect(error.message).toContain("no such database");
  });

  it("when something else answers", async () => {
    const server = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await errorOf(connect(`redis://:${PASSWORD}@127.0.0.1:${portOf(server)}`));
    await close(server);
  });

  it("when the connection is closed on it", async () => {
    const server = await listen((socket) => socket.destroy());
    await errorOf(connect(`redis://:${PASSWORD}@127.0.0.1:${portOf(server)}`));
    await close(server);
  });
});

function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).resume();
    onConnection(socket);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

describe("a command that fails", () => {
  it("is explained with the server's address, and never with the password", async () => {
    const link = await connect(guarded.url);
    await guarded.client.set("text", "x");
    const error = await errorOf(link.call(link.client.lrange("text", 0, -1)));
    expect(error.message).toContain("'text'");
    expect(error.message).toContain(":***@127.0.0.1");
    await errorOf(link.call(link.client.auth(`${PASSWORD}-wr0ng`)));
    await errorOf(link.call(link.client.config("SET", "no-such-setting", PASSWORD)));
  });
});

describe("a connection that is lost", () => {
  it("comes back after a restart, and commands in flight are answered", async () => {
    const own = await startTestRedis({ persistent: true });
    const link = await connect(own.url);
    for (let i = 0; i < 200; i++) await own.push(`o${i}`, plainEntry(`f${i}`, FAR), plainEntry(`g${i}`, FAR));
    const stores = await openStores({
      keyPrefix: "mina:",
      poolPrefix: "mina:openid:",
      redisUrl: own.url,
      shownUrl: own.url,
      clock: systemClock,
    });
    const ledger = stores.stores.ledger({ broadcastId: "b", runId: "r" });
    // Every call is sent before the restart or during it; those without an answer are sent again.
    const claims = Array.from({ length: 200 }, (_, i) => ledger.claim([`o${i}`]));
    const restarted = own.server.restart();
    const more = Array.from({ length: 200 }, (_, i) => ledger.claim([`o${i}`]));
    await restarted;
    const replies = (await Promise.all([...claims, ...more])).flat();
    const formIds = replies.map(
      (reply) => (reply.status === "claimed" || reply.status === "mine") && reply.formId,
    );
    expect(formIds).toEqual([
      ...Array.from({ length: 200 }, (_, i) => `f${i}`),
      ...Array.from({ length: 200 }, (_, i) => `f${i}`),
    ]);
    for (let i = 0; i < 200; i++) expect(await own.entries(`o${i}`)).toEqual([plainEntry(`g${i}`, FAR)]);
    expect(await link.call(link.client.ping())).toBe("PONG");
    expect((await link.openSweep()).nodes[0]?.connections).toBeGreaterThan(1);
    stores.close();
    await own.stop();
  });

  it("is given up after the time it may take to come back, with the reason why", async () => {
    const own = await startTestRedis({ password: PASSWORD });
    const link = await connect(own.url, 200);
    await own.server.kill();
    const error = await errorOf(link.call(link.client.get("x")));
    expect(error.message).toContain("connection refused");
    expect((await errorOf(link.call(link.client.get("x")))).message).toContain("connection refused");
    await own.stop();
  });

  it("is not awaited once it was closed by us", async () => {
    const link = await connect(redis.url);
    link.close();
    await errorOf(link.call(link.client.get("x")));
  });
});
