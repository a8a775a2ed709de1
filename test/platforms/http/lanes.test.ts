import type { LookupFunction } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createSender, messageOf } from "../open.ts";
import { awaited, type HttpDouble, serveHttp } from "../servers.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A sender whose name lookups fail with `code`, where `fails` says so of the n-th. */
async function world(
  code: string,
  fails: (lookup: number) => boolean,
  { concurrency = 16, later = setImmediate as (call: () => void) => unknown } = {},
) {
  let lookups = 0;
  const lookup: LookupFunction = (_hostname, _options, callback) => {
    const error = fails(lookups++) ? Object.assign(new Error(code), { code }) : null;
    later(() => callback(error, [{ address: "127.0.0.1", family: 4 }]));
  };
  const server = await serveHttp((response) => {
    setTimeout(() => response.end('{"errcode":0,"errmsg":"ok"}'), 20);
  });
  const apiBase = server.base.replace("127.0.0.1", "api.test");
  const message = messageOf("T", ["a"]);
  const options = { apiBase, concurrency, timeoutMs: 20_000, message, network: { lookup } };
  const sender = awaited(await createSender(options));
  cleanups.push(
    () => server.close(),
    () => sender.close(),
  );
  const sendAll = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => sender.send(`o${i}`, `f${i}`, "TOKEN")));
  return { server, sender, sendAll, lookups: () => lookups };
}

function bodies(server: HttpDouble): Set<string> {
  return new Set(server.received.map(({ body }) => body));
}

describe("a shortage of this machine", () => {
  it.each(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EADDRINUSE", "EAI_AGAIN"])(
    "(%s) while others deliver makes requests wait for their connections",
    async (code) => {
      const { server, sendAll } = await world(code, (lookup) => lookup >= 4);
      // Those that come about before the shortage is felt.
      await sendAll(4);
      const answers = await sendAll(200);
      expect(answers.filter((answer) => answer.class !== "ok")).toEqual([]);
      expect([server.received.length, bodies(server).size]).toEqual([204, 200]);
      expect(server.connections()).toBe(4);
    },
  );

  it("that passes: connections are opened again", async () => {
    const { server, sendAll } = await world("EMFILE", (lookup) => lookup >= 4 && lookup < 20);
    await sendAll(4);
    const answers = await sendAll(1200);
    expect(answers.filter((answer) => answer.class !== "ok")).toEqual([]);
    expect(server.connections()).toBe(16);
  });

  it("that many connections meet in the same turn: each request is put to one other connection", async () => {
    const { server, sender, sendAll } = await world("EMFILE", (lookup) => lookup >= 4 && lookup < 16, {
      later: process.nextTick,
    });
    await sendAll(4);
    const answers = await sendAll(200);
    expect(answers.filter((answer) => answer.class !== "ok")).toEqual([]);
    expect([server.received.length, bodies(server).size]).toEqual([204, 200]);
    await sender.close();
  });

  it("while nobody delivers is told as what it is", async () => {
    const { sendAll } = await world("EMFILE", () => true);
    const [answer] = await sendAll(1);
    expect(answer).toMatchObject({
      class: "unsent",
      errmsg: "this process has too many open files (ulimit -n)",
      hint: expect.stringContaining("not about the API"),
    });
  });
});

it("a connection that failed is replaced at the next request", async () => {
  const { sendAll } = await world("ECONNREFUSED", (lookup) => lookup < 3, { concurrency: 1 });
  const classes: string[] = [];
  for (let i = 0; i < 4; i++) classes.push((await sendAll(1))[0]!.class);
  expect(classes).toEqual(["unsent", "unsent", "unsent", "ok"]);
});
