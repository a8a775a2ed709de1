import { expect, test } from "vitest";
import { openRaw, readAnswer } from "./raw.ts";
import { testReader } from "./test-reader.ts";
import { signToken, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";

/** Books that take a code when they are told to. */
async function startSlow(limits = {}) {
  const world = await startWorld({ limits: { redisMs: 60_000, ...limits }, callback: testReader });
  const take = world.books.codes.take;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isAsked = false;
  world.books.codes.take = async (openId, codes) => {
    isAsked = true;
    await released;
    return take(openId, codes);
  };
  return { ...world, release, isAsked: () => isAsked };
}

test("what is in hand is finished, idle connections end, nothing new is taken", async () => {
  const world = await startSlow();
  const idle = await openRaw(world.url);
  idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  await expect.poll(() => idle.received()).toContain('"ok"');
  const inHand = world.report(USER, "/codes", { codes: [{ formId: "form-1" }] });
  await expect.poll(world.isAsked).toBe(true);

  const stopped = world.collector.stop();
  expect(readAnswer(await idle.closed).status).toBe(200);
  await expect(fetch(`${world.url}/healthz`)).rejects.toThrow();
  world.release();
  const answer = await inHand;
  expect([answer.status, answer.json.taken]).toEqual([200, 1]);
  await stopped;
  await world.collector.stop();
});

test("a connection that is still in use gets 503 for its next request", async () => {
  const world = await startSlow();
  const raw = await openRaw(world.url);
  const body = '{"codes":[{"formId":"form-1"}]}';
  const head = [
    "POST /codes HTTP/1.1",
    "Host: x",
    "Content-Type: application/json",
    `Authorization: Bearer ${await signToken(USER)}`,
    `Content-Length: ${body.length}`,
  ];
  // The headers are in before the stop, and so this connection is not idle.
  raw.send(`POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n`);
  await expect.poll(() => raw.socket.bytesWritten).toBeGreaterThan(0);
  await world.ask("/healthz");
  const stopped = world.collector.stop();
  raw.send(`[]${head.join("\r\n")}\r\n\r\n${body}`);
  const text = await raw.closed;
  // The first is answered, the second was sent after it on a connection that is closing.
  expect(readAnswer(text)).toEqual({ status: 401, code: "bad_signature" });
  expect(text.toLowerCase()).toContain("connection: close");
  world.release();
  await stopped;
  expect(world.books.pools.size).toBe(0);
});

test("a request that comes in while others are finished is told to come back", async () => {
  const world = await startSlow();
  const waiting = await openRaw(world.url);
  // Its headers begin before the stop, and end after it.
  waiting.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  const inHand = world.report(USER, "/codes", { codes: [{ formId: "form-1" }] });
  await expect.poll(world.isAsked).toBe(true);
  const stopped = world.collector.stop();
  waiting.send("\r\n");
  const text = await waiting.closed;
  expect(readAnswer(text)).toEqual({ status: 503, code: "shutting_down" });
  expect(text.toLowerCase()).toContain("connection: close");
  world.release();
  expect((await inHand).status).toBe(200);
  await stopped;
});

test("what does not come to an end is cut off after a while", async () => {
  const world = await startSlow({ stopMs: 300 });
  const inHand = world.report(USER, "/codes", { codes: [{ formId: "form-1" }] }).catch((error) => error);
  await expect.poll(world.isAsked).toBe(true);
  await world.collector.stop();
  expect(await inHand).toBeInstanceOf(Error);
});
