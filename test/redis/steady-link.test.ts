import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { eventually } from "../helpers/cluster.ts";
import { startTestRedis } from "../helpers/redis.ts";
import { startRelay } from "../helpers/relay.ts";
import { type Books, openBooks } from "./books.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startServer(): Promise<PrivateRedis> {
  const server = await startPrivateRedis({ persistent: true });
  ends.push(() => server.stop());
  return server;
}

async function open(url: string, more: Parameters<typeof openBooks>[1] = {}): Promise<Books> {
  const books = await openBooks(url, { replyMs: undefined, ...more });
  ends.push(() => books.close());
  return books;
}

const isUp = (books: Books) =>
  books.ping().then(
    () => true,
    () => false,
  );
const take = (books: Books, ...formIds: string[]) =>
  books.codes.take(
    "u",
    formIds.map((formId) => ({ formId, ageMs: 0 })),
  );
const grant = (books: Books) =>
  books.consents.grant({ openId: "u", source: "event", key: "k", when: { ageMs: 0 }, templateIds: ["T"] });
const UNREACHABLE = { kind: "redis", message: expect.stringContaining("can't reach Redis at") };

it("fails at once while Redis is away, and goes on by itself when it is back; nothing is lost or doubled", async () => {
  const server = await startServer();
  const books = await open(server.url);
  expect(await take(books, "f1")).toEqual(["taken"]);
  await server.kill();
  await expect(books.ping()).rejects.toMatchObject(UNREACHABLE);
  const all = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => take(books, `g${i}`)));
  expect(all.every(({ status }) => status === "rejected")).toBe(true);
  await expect(grant(books)).rejects.toMatchObject(UNREACHABLE);
  await expect(books.consents.withdraw({ openId: "u", key: "w", templateIds: ["T"] })).rejects.toMatchObject(
    UNREACHABLE,
  );
  await server.restart();
  await eventually(() => isUp(books));
  expect(await take(books, "f1", "g0", "g1")).toEqual(["known", "taken", "taken"]);
  expect(await grant(books)).toEqual(["taken"]);
});

it("takes each report once whose sender repeats it until it is acknowledged, though Redis is killed meanwhile", async () => {
  const server = await startServer();
  const books = await open(server.url);
  const users = Array.from({ length: 200 }, (_, i) => `o${i}`);
  const send = async (openId: string) => {
    const when = { ageMs: 0 };
    for (;;) {
      try {
        await books.codes.take(openId, [{ formId: "f1", ageMs: 0 }]);
        return await books.consents.grant({ openId, source: "report", key: "r", when, templateIds: ["T"] });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const restarts = (async () => {
    for (let n = 0; n < 2; n++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      await server.kill();
      await server.restart();
    }
  })();
  await Promise.all(users.map(send));
  await restarts;
  const client = new Redis(server.url);
  for (const openId of users) {
    expect(await client.llen(`mina:openid:${openId}`)).toBe(1);
    expect(await client.llen(`mina:consent:{${openId}}:T`)).toBe(1);
  }
  client.disconnect();
}, 60_000);

it("comes up without Redis, says why it is not there, and finds it later", async () => {
  const server = await startServer();
  await server.kill();
  const books = await open(server.url);
  await expect(books.ping()).rejects.toMatchObject({
    message: expect.stringContaining("connection refused"),
  });
  await expect(take(books, "f1")).rejects.toMatchObject(UNREACHABLE);
  await server.restart();
  await eventually(() => isUp(books));
  expect(await take(books, "f1")).toEqual(["taken"]);
});

it("refuses what no waiting would mend", async () => {
  await expect(openBooks("redis://127.0.0.1:1", { poolPrefix: "a{b" })).rejects.toMatchObject({
    kind: "config",
  });
  await expect(openBooks("redis://127.0.0.1:1", { consentPrefix: "{a}:" })).rejects.toMatchObject({
    kind: "config",
  });
});

it("does not wait for a Redis that is frozen, nor keeps what it could not bring it", async () => {
  const server = await startServer();
  const books = await open(server.url, { replyMs: 2000 });
  expect(await take(books, "f1")).toEqual(["taken"]);
  process.kill(server.pid, "SIGSTOP");
  try {
    await expect(take(books, "f2")).rejects.toMatchObject({
      message: expect.stringContaining("no answer in time"),
    });
    // From when the connection has been given up, nothing goes out any more.
    const isRefused = () => Promise.race([take(books, "f3").catch(() => true), sleep(100, false)]);
    await eventually(async () => (await isRefused()) === true);
    const late = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => take(books, `late${i}`)));
    expect(late).toEqual(
      late.map(() => ({ status: "rejected", reason: expect.objectContaining({ kind: "redis" }) })),
    );
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
  await eventually(() => isUp(books));
  // What was on its way when it froze may have come through.
  const fates = await take(books, "f1", "f2", "late5");
  expect([fates[0], fates[2]]).toEqual(["known", "taken"]);
});

it("takes a report once whose answer was lost, and that comes again", async () => {
  const redis = await startTestRedis();
  ends.push(() => redis.stop());
  let isCut = false;
  const relay = await startRelay([redis.client], async (command, args) => {
    if (!isCut || !command.startsWith("EVAL")) return undefined;
    isCut = false;
    await redis.client.call(command, ...args);
    return { hangUp: true };
  });
  ends.push(() => relay.close());
  const books = await open(relay.url);
  // So that Redis knows the scripts.
  await take(books, "f0");
  await grant(books);
  await books.consents.withdraw({ openId: "u", key: "w0", templateIds: ["R"] });
  for (const [send, fates] of [
    [() => take(books, "f1", "f2"), ["known", "known"]],
    [
      () =>
        books.consents.grant({
          openId: "u",
          source: "report",
          key: "r1",
          when: { ageMs: 3_600_000 },
          templateIds: ["T", "S"],
        }),
      ["known", "known"],
    ],
    [() => books.consents.withdraw({ openId: "u", key: "w1", templateIds: ["S"] }), [0]],
  ] as [() => Promise<unknown>, unknown[]][]) {
    isCut = true;
    await expect(send()).rejects.toMatchObject({ kind: "redis" });
    await eventually(() => isUp(books));
    expect(await send()).toEqual(fates);
  }
  expect(await redis.client.llen("mina:openid:u")).toBe(3);
  expect(await redis.client.llen("mina:consent:{u}:T")).toBe(2);
  expect(await redis.client.exists("mina:consent:{u}:S")).toBe(0);
});

it("leaves nothing behind when it is closed while Redis is away", async () => {
  const server = await startServer();
  const books = await open(server.url);
  await server.kill();
  await expect(books.ping()).rejects.toMatchObject(UNREACHABLE);
  books.close();
  await server.restart();
  await expect(books.ping()).rejects.toMatchObject({ kind: "redis" });
});
