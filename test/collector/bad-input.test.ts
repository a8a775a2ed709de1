import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server, Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { openRaw, readAnswer } from "./raw.ts";
import { testReader } from "./test-reader.ts";
import { post, signToken, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";

async function askWith(body: string | Buffer, headers: Record<string, string> = {}) {
  const world = await startWorld();
  const authorization = `Bearer ${await signToken(USER)}`;
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", authorization, ...headers },
    body,
  };
  const answer = await world.ask("/codes", init);
  return { world, answer, told: [answer.status, answer.json?.error?.code, answer.json?.error?.message] };
}

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test.each([
  ["nothing", ""],
  ["half of an object", '{"codes":['],
  ["an object and more", '{"codes":[]} x'],
  ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ["a character that is cut", Buffer.from('{"codes":[{"formId":"中').subarray(0, -1)],
  ["surrogates as UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ["21 levels", `{"codes":${nested(20)}}`],
  ["30,000 levels", nested(30_000)],
  ["__proto__", '{"__proto__":{"codes":[]}}'],
  ["__proto__ in escapes", '{"codes":[{"\\u005f_proto__":{"formId":"f"}}]}'],
  ["constructor", '{"codes":[],"constructor":{"prototype":{"x":1}}}'],
  ["prototype", '{"codes":[{"prototype":1}]}'],
])("%s is bad_json, and the connection stays good", async (_name, body) => {
  const { world, told, answer } = await askWith(body);
  expect(told.slice(0, 2)).toEqual([400, "bad_json"]);
  expect(answer.headers.get("connection")).not.toBe("close");
  expect(world.books.calls).toBe(0);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test("of 20 levels the depth is no problem", async () => {
  const { told } = await askWith(`{"codes":[],"more":${nested(19)}}`);
  expect(told[0]).toBe(200);
});

test("a parser's message, which would quote what was sent, is not told", async () => {
  const { told, world } = await askWith('{"codes": secret-thing}');
  expect(told[2]).toBe("the body is not valid JSON");
  expect(JSON.stringify(world.log)).not.toContain("secret-thing");
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "json",
  ";",
])("a body of type %s is 415", async (type) => {
  const { told } = await askWith("{}", { "content-type": type });
  expect(told.slice(0, 2)).toEqual([415, "unsupported_media_type"]);
});

describe("a body of 1 MB is 413, and nothing is written", () => {
  const large = JSON.stringify({ codes: [{ formId: "f" }], more: "x".repeat(1024 * 1024) });

  test("to /codes", async () => {
    const { world, told } = await askWith(large);
    expect(told.slice(0, 2)).toEqual([413, "too_large"]);
    expect(world.books.calls).toBe(0);
  });

  test("to /callback and /login", async () => {
    const world = await startWorld({ callback: testReader, platform: { login: async () => USER } });
    for (const path of ["/callback", "/login"]) {
      const { status, json } = await world.ask(path, post(large));
      expect([path, status, json.error.code]).toEqual([path, 413, "too_large"]);
    }
  });

  test("in chunks, whose length nobody knows before", async () => {
    const world = await startWorld({ callback: testReader });
    const raw = await openRaw(world.url);
    raw.send("POST /callback HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let i = 0; i < 16; i++) raw.send(`2000\r\n${"x".repeat(0x2000)}\r\n`);
    expect(readAnswer(await raw.closed)).toEqual({ status: 413, code: "too_large" });
  });

  test("of 64 KiB exactly it is read", async () => {
    const body = '{"codes":[]}'.padEnd(65_536);
    expect((await askWith(body)).told[0]).toBe(200);
    expect((await askWith(`${body} `)).told[0]).toBe(413);
  });
});

describe("what is sent too slowly is ended", () => {
  const limits = { receiveMs: 700 };

  test.each([
    ["nothing at all", []],
    ["half of its headers", ["POST /codes HTTP/1.1\r\nHost: x\r\n", "X-A: 1\r\n", "X-B: 2\r\n"]],
    [
      "half of its body",
      ["POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "a", "b", "c", "d"],
    ],
  ])("%s", async (_name, pieces) => {
    const world = await startWorld({ limits, callback: testReader });
    const raw = await openRaw(world.url);
    // A byte now and then keeps a connection from being idle.
    const drip = setInterval(() => {
      const piece = pieces.shift();
      if (piece !== undefined) raw.send(piece);
    }, 100);
    const answer = await raw.closed;
    clearInterval(drip);
    expect(readAnswer(answer)).toEqual({ status: 408, code: "request_timeout" });
    expect(world.books.calls).toBe(0);
    expect((await world.ask("/healthz")).status).toBe(200);
  });
});

test.each([
  ["no HTTP", "hello\r\n\r\n", 400, "bad_request"],
  ["another protocol", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), 400, "bad_request"],
  [
    "20 KB of headers",
    `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`,
    431,
    "headers_too_large",
  ],
  [
    "two lengths",
    "POST /codes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
    "bad_request",
  ],
])("%s gets a clear answer, and the connection ends", async (_name, text, status, code) => {
  const world = await startWorld();
  const raw = await openRaw(world.url);
  raw.send(text);
  expect(readAnswer(await raw.closed)).toEqual({ status, code });
  expect(world.log).toContainEqual(expect.objectContaining({ event: "bad_http", code }));
  expect((await world.ask("/metrics")).text).toContain(`requests_total{route="none",status="${status}"} 1`);
});

test.each([
  ["/codes", 401, "unauthorized"],
  ["/nothing", 404, "not_found"],
])("a client that sends its whole body before it reads gets the answer of %s", async (path, status, code) => {
  const world = await startWorld();
  const raw = await openRaw(world.url);
  raw.socket.pause();
  const type = "Content-Type: application/json\r\nConnection: close\r\nContent-Length: 300000";
  raw.send(`POST ${path} HTTP/1.1\r\nHost: x\r\n${type}\r\n\r\n`);
  for (let i = 0; i < 30; i++) {
    raw.send(Buffer.alloc(10_000, 32));
    await world.ask("/healthz");
  }
  raw.socket.resume();
  expect(readAnswer(await raw.closed)).toEqual({ status, code });
});

test.each([
  ["no body", "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\r\n\r\n"],
  ["a body", "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nGARBAGE\r\n\r\n"],
])(
  "what can't be read behind a refused request with %s does not keep its answer back",
  async (_name, text) => {
    const world = await startWorld();
    const raw = await openRaw(world.url);
    raw.send(text);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 404 /);
  },
);

test("a body that stays away after its answer ends the connection without another answer", async () => {
  const world = await startWorld({ limits: { receiveMs: 300 } });
  const raw = await openRaw(world.url);
  raw.send("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  const text = await raw.closed;
  expect(readAnswer(text)).toEqual({ status: 404, code: "not_found" });
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test.each([
  ["ends", (socket: Socket) => socket.destroy()],
  ["resets", (socket: Socket) => socket.resetAndDestroy()],
])("a client that %s its connection in the middle of a body is no failure", async (_name, end) => {
  const world = await startWorld({ callback: testReader });
  for (let i = 0; i < 20; i++) {
    const raw = await openRaw(world.url);
    raw.send("POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    await world.ask("/healthz");
    end(raw.socket);
    await raw.closed;
  }
  const callbacks = () => world.log.filter(({ route }) => route === "/callback");
  await vi.waitFor(() => expect(callbacks()).toHaveLength(20), { timeout: 60_000 });
  expect((await world.ask("/healthz")).status).toBe(200);
  expect(world.log.filter(({ level }) => level !== "info")).toEqual([]);
  const seen = world.log.filter(({ event, route }) => event === "request" && route !== "/healthz");
  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([499]));
  expect((await world.ask("/metrics")).text).toContain('requests_total{route="/callback",status="499"} 20\n');
});

test("a connection that can't be accepted is logged, and ends nothing", async () => {
  const world = await startWorld();
  const servers = new Set<Server>();
  const find = (message: unknown) => void servers.add((message as { server: Server }).server);
  subscribe("http.server.request.start", find);
  await world.ask("/healthz");
  unsubscribe("http.server.request.start", find);
  // Node's event of an accept(2) that fails for another reason than a missing file descriptor.
  for (const server of servers) server.emit("error", new Error("accept ENOBUFS"));
  expect(world.log).toContainEqual(
    expect.objectContaining({ level: "error", event: "accept", message: "accept ENOBUFS" }),
  );
  expect((await world.ask("/healthz")).status).toBe(200);
});

test.each([
  ["GET", "/codes", 405, "POST"],
  ["PUT", "/consents", 405, "POST"],
  ["OPTIONS", "/login", 405, "POST"],
  ["DELETE", "/callback?a=b", 405, "GET, HEAD, POST"],
  ["POST", "/healthz", 405, "GET, HEAD"],
  ["PROPFIND", "/metrics", 405, "GET, HEAD"],
  ["GET", "/", 404, null],
  ["POST", "/codes/", 404, null],
  ["POST", "/codes/%", 404, null],
  ["POST", "/CODES", 404, null],
  ["PROPFIND", "/nothing", 404, null],
])("%s %s is %i", async (method, path, status, allow) => {
  const world = await startWorld({ callback: testReader, platform: { login: async () => USER } });
  const answer = await world.ask(path, { method, ...(method === "POST" && { body: "not json" }) });
  expect([answer.status, answer.headers.get("allow")]).toEqual([status, allow]);
  expect(answer.json.error.code).toBe(status === 404 ? "not_found" : "method_not_allowed");
  expect(world.log).toEqual([expect.objectContaining({ level: "info", code: answer.json.error.code })]);
});
