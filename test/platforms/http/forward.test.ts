import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type Forwarder, type ForwardOptions, openForward } from "../../../src/platforms/http/forward.ts";
import { freePort, type HttpDouble, serveHttp, serveTcp } from "../servers.ts";

type ForwardRequest = Parameters<Forwarder["forward"]>[0];

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(
  url: string,
  more: Partial<ForwardOptions> = {},
): (request?: Partial<ForwardRequest>) => Promise<Answer> {
  const { forward, close } = openForward({ url, deadlineMs: 20_000, ...more });
  closing.push(close);
  return (request) =>
    forward({
      method: "POST",
      search: "?signature=s&nonce=1",
      headers: {},
      body: Buffer.from("<xml/>"),
      ...request,
    });
}

type Answer = Awaited<ReturnType<Forwarder["forward"]>>;

async function serve(...args: Parameters<typeof serveHttp>): Promise<HttpDouble> {
  const server = await serveHttp(...args);
  closing.push(() => server.close());
  return server;
}

const ok = () =>
  serve((response) => void response.writeHead(200, { "content-type": "text/plain" }).end("success"));

it("hands on method, query, headers and body, and brings back status, type and body", async () => {
  const server = await serve(
    (response) => void response.writeHead(201, { "content-type": "text/xml" }).end("<r/>"),
  );
  const forward = open(`${server.base}/wx/push`);
  const headers = {
    "content-type": "text/xml",
    "x-wx-sources": "wx",
    "X-Forwarded-For": "10.0.0.1",
    cookie: "a=b",
  };
  const search = "?signature=a%2Bb&echo=%E4%B8%AD&x=1&x=2&empty=";
  const answer = await forward({ search, headers });
  expect(answer).toEqual({ status: 201, contentType: "text/xml", body: Buffer.from("<r/>") });
  const [received] = server.received;
  expect(received).toMatchObject({ method: "POST", url: `/wx/push${search}`, body: "<xml/>" });
  expect(received?.headers).toMatchObject({
    "content-type": "text/xml",
    "x-wx-sources": "wx",
    "x-forwarded-for": "10.0.0.1",
    cookie: "a=b",
    host: server.base.slice("http://".length),
    "content-length": "6",
  });
});

it("hands on any bytes as they are, both ways", async () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
  const chunks: Buffer[] = [];
  const echo = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => response.end(Buffer.concat(chunks)));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => echo.listen(port, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => echo.close(resolve)));
  const { body, contentType } = await open(`http://127.0.0.1:${port}`)({ body: bytes });
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect({ same: body.equals(bytes), contentType }).toEqual({ same: true, contentType: undefined });
});

it("hands on the check of the URL: GET without a body", async () => {
  const server = await ok();
  await open(`${server.base}/`)({ method: "GET", search: "?echostr=7", body: Buffer.alloc(0) });
  expect(server.received).toMatchObject([{ method: "GET", url: "/?echostr=7", body: "" }]);
  expect(server.received[0]?.headers["content-length"]).toBeUndefined();
});

it.each([
  ["/push?key=1", "?a=2", "/push?key=1&a=2"],
  ["/push?key=1", "", "/push?key=1"],
  ["", "?a=2", "/?a=2"],
])("to %s with %s: %s", async (path, search, url) => {
  const server = await ok();
  await open(server.base + path)({ search });
  expect(server.received[0]?.url).toBe(url);
});

it("keeps back headers of this connection, those that Connection names, and asks for nothing compressed", async () => {
  const server = await ok();
  const headers = {
    Connection: "keep-alive, X-Hop",
    "x-hop": "1",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
    upgrade: "websocket",
    expect: "100-continue",
    te: "trailers",
    "content-length": "999",
    host: "collect.example.com",
    "proxy-authorization": "Basic eA==",
    "accept-encoding": "gzip",
    "x-kept": "1",
  };
  expect((await open(server.base)({ headers })).status).toBe(200);
  const { connection, ...received } = server.received[0]?.headers ?? {};
  expect(received).toEqual({
    host: server.base.slice("http://".length),
    "content-length": "6",
    "x-kept": "1",
  });
  expect(connection).toBe("keep-alive");
});

it("brings back a compressed answer as it was", async () => {
  const server = await serve(
    (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("success")),
  );
  expect((await open(server.base)()).body.toString()).toBe("success");
});

it("brings back errors of the backend as they are, and follows no redirect", async () => {
  const server = await serve((response, { url }) =>
    url.endsWith("500")
      ? void response.writeHead(500).end("no")
      : void response.writeHead(302, { location: "/" }).end(),
  );
  const forward = open(server.base);
  expect(await forward({ search: "?500" })).toMatchObject({ status: 500, body: Buffer.from("no") });
  expect(await forward({ search: "?302" })).toMatchObject({ status: 302 });
  expect(server.received).toHaveLength(2);
});

it("keeps its connections, and hands on 16 at the same time at most", async () => {
  let atOnce = 0;
  let most = 0;
  const server = await serve((response) => {
    most = Math.max(most, ++atOnce);
    setTimeout(() => {
      atOnce--;
      response.end("success");
    }, 20);
  });
  const forward = open(server.base);
  for (let i = 0; i < 20; i++) await forward();
  expect(server.connections()).toBeLessThan(10);
  await Promise.all(Array.from({ length: 50 }, () => forward()));
  expect(server.received).toHaveLength(70);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(16);
});

describe("what fails names the host, and neither path nor query nor headers", () => {
  const SECRET = "s3cret";
  const fail = async (base: string, more: Partial<ForwardOptions> = {}) => {
    const forward = open(`${base}/${SECRET}?key=${SECRET}`, more);
    const error = await forward({ search: `?${SECRET}`, headers: { cookie: SECRET } }).then(
      () => new Error("it was handed on"),
      (thrown: Error) => thrown,
    );
    expect(`${error.message} ${(error as { hint?: string }).hint}`).not.toContain(SECRET);
    expect(error).toMatchObject({ kind: "api", message: /^the callback was not forwarded: / });
    return error.message;
  };

  it("nobody there", async () => {
    const base = `http://127.0.0.1:${await freePort()}`;
    expect(await fail(base)).toContain(`connection refused by ${base.slice(7)}`);
  });

  it("no answer in time, and an answer that does not end in time", async () => {
    const silent = await serve(() => {});
    expect(await fail(silent.base, { deadlineMs: 300 })).toContain("no answer within 0.3 s");
    const slow = await serve((response) => void response.write("a"));
    expect(await fail(slow.base, { deadlineMs: 300 })).toContain("no full answer within 0.3 s");
  });

  it("a connection that is cut, once: nothing is handed on twice", async () => {
    const server = await serve((response) => response.destroy());
    expect(await fail(server.base)).toContain("before it answered");
    expect(server.received).toHaveLength(1);
  });

  it("no HTTP", async () => {
    const server = await serveTcp((socket) => void socket.end("hello\r\n\r\n"));
    closing.push(() => server.close());
    expect(await fail(server.base)).toContain("not HTTP");
  });

  it("an answer above 256 KiB, plain or when decoded", async () => {
    const plain = await serve((response) => void response.end(Buffer.alloc(256 * 1024 + 1)));
    expect(await fail(plain.base)).toContain("larger than 256 KiB");
    const most = await serve((response) => void response.end(Buffer.alloc(256 * 1024)));
    expect((await open(most.base)()).body).toHaveLength(256 * 1024);
    const packed = await serve(
      (response) =>
        void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1e6))),
    );
    expect(await fail(packed.base)).toContain("larger than 256 KiB when decoded");
  });

  it("a header that can't be sent", async () => {
    const server = await ok();
    const forward = open(server.base);
    await expect(forward({ headers: { "x-a": "b\r\nc: d" } })).rejects.toMatchObject({ kind: "api" });
    expect(server.received).toHaveLength(0);
  });
});

it.each(["ftp://host/", "host", "http://user:s3cret@host/", "http://host/#x", ""])(
  "can't forward to %j",
  (url) => {
    const opening = () => openForward({ url, deadlineMs: 1000 });
    expect(opening).toThrowError(expect.objectContaining({ kind: "config" }));
    expect(opening).not.toThrowError(/s3cret/);
  },
);
