import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { message, SEND_PATH, withApi } from "./api.ts";

/** Opens a connection, writes the texts one after the other and collects what comes back. */
function talk(port: number): { socket: Socket; answer: () => string; ended: Promise<void> } {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => {
    answer += text;
  });
  return {
    socket,
    answer: () => answer,
    ended: new Promise((resolve) => socket.once("close", () => resolve())),
  };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

test("it listens on a free loopback port and gives it back", async () => {
  const sandbox = await startSandbox();
  expect(sandbox.url).toBe(`http://127.0.0.1:${sandbox.port}`);
  expect((await fetch(sandbox.url)).status).toBe(200);
  await sandbox.close();
  await expect(fetch(sandbox.url)).rejects.toThrow();
  const again = await startSandbox({ port: sandbox.port });
  expect(again.port).toBe(sandbox.port);
  await again.close();
});

test("two at once know nothing of each other", async () => {
  await withApi({ acceptAny: true }, async (one) => {
    await withApi({ acceptAny: true }, async (two) => {
      await one.send();
      expect(two.sandbox.stats().delivered).toBe(0);
      expect((await two.send()).json.errcode).toBe(0);
    });
  });
});

test("a port in use is a usage error that names it", async () => {
  const sandbox = await startSandbox();
  await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining(`"${sandbox.port}"`),
    hint: expect.stringContaining("another port"),
  });
  await sandbox.close();
});

test.each([
  { port: 65_536 },
  { port: -1 },
  { port: 1.5 },
  { host: "0.0.0.0" },
  { host: "::" },
  { host: "example.com" },
])("%j is a usage error", async (options) => {
  await expect(startSandbox(options)).rejects.toMatchObject({ kind: "usage" });
});

test("localhost and other loopback addresses will do", async () => {
  const sandbox = await startSandbox({ host: "127.0.0.2" });
  expect(await (await fetch(`${sandbox.url}/sandbox/stats`)).json()).toMatchObject({ connections: 1 });
  await sandbox.close();
  await (await startSandbox({ host: "localhost" })).close();
});

test("close cuts idle and waiting connections and may be called twice", async () => {
  const sandbox = await startSandbox({ latencyMs: 60_000 });
  const idle = talk(sandbox.port);
  const waiting = talk(sandbox.port);
  waiting.socket.write("GET /cgi-bin/token HTTP/1.1\r\n\r\n");
  await expect.poll(() => sandbox.stats().requests).toBe(1);
  await sandbox.close();
  await sandbox.close();
  await Promise.all([idle.ended, waiting.ended]);
  expect(waiting.answer()).toBe("");
});

test("requests of one connection are answered in their order, however they are cut into packets", async () => {
  await withApi({ acceptAny: true, latencyMs: 5 }, async ({ sandbox, fetchToken }) => {
    const token = String((await fetchToken()).json.access_token);
    const { socket, answer } = talk(sandbox.port);
    const post = (body: string) =>
      `POST ${SEND_PATH}?access_token=${token} HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const text =
      post(JSON.stringify(message({ data: { keyword1: { value: "\u4f60\u597d" } } }))) +
      post("no json") +
      post(JSON.stringify(message()));
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 100) {
      socket.write(bytes.subarray(at, at + 100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => count(answer(), "HTTP/1.1 200 OK")).toBe(3);
    expect([...answer().matchAll(/"errcode":(\d+)/g)].map((match) => match[1])).toEqual([
      "0",
      "47001",
      "41029",
    ]);
    expect(sandbox.stats().lastMessage?.data).toEqual({ keyword1: { value: "\u4f60\u597d" } });
    socket.destroy();
  });
});

test("a connection stays open between requests and closes when asked to", async () => {
  await withApi({}, async ({ sandbox }) => {
    const { socket, answer, ended } = talk(sandbox.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => count(answer(), "200 OK")).toBe(1);
    socket.write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    await ended;
    expect(count(answer(), "200 OK")).toBe(2);
    expect(sandbox.stats().connections).toBe(1);
  });
});

test("a client that has ended its side still gets its answer", async () => {
  await withApi({ latencyMs: 20 }, async ({ sandbox }) => {
    const { socket, answer, ended } = talk(sandbox.port);
    socket.end("GET /cgi-bin/token HTTP/1.1\r\n\r\n");
    await ended;
    expect(answer()).toContain('"errcode":40002');
  });
});

test("HEAD is answered without a body", async () => {
  await withApi({}, async ({ sandbox }) => {
    const { socket, answer } = talk(sandbox.port);
    socket.write("HEAD / HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
    await expect.poll(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nHTTP\/1\.1 404 Not Found/s);
    socket.destroy();
  });
});

/** Posts in chunks, as node does when no length is given. */
function postChunks(url: string, chunks: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method: "POST", agent: false }, (res) => {
      let text = "";
      res.on("data", (part) => {
        text += part;
      });
      res.on("end", () => resolve(`${res.statusCode} ${text}`));
    });
    req.on("error", reject);
    for (const chunk of chunks) req.write(chunk);
    req.end();
  });
}

test("a client that expects it is told once to continue", async () => {
  await withApi({}, async ({ sandbox }) => {
    const { socket, answer } = talk(sandbox.port);
    socket.write("POST /sandbox/faults HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await expect.poll(answer).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("[");
    socket.write("]");
    await expect.poll(answer).toMatch(/\{"faults":\[\]\}$/);
    expect(count(answer(), "100 Continue")).toBe(1);
    socket.destroy();
  });
});

test("a body in chunks is put together", async () => {
  await withApi({}, async ({ sandbox }) => {
    const url = `${sandbox.url}/sandbox/codes`;
    const lines = Array.from(
      { length: 500 },
      (_, i) => `{"openId":"o\u00e9${i}","formId":"f${i}","expire":1}\n`,
    );
    expect(await postChunks(url, lines)).toBe('200 {"registered":500}');
  });
});

test("a body of 1 MiB is taken, one byte more is 413", async () => {
  await withApi({}, async ({ sandbox, call }) => {
    const body = "\n".repeat(1024 * 1024);
    expect((await call("POST", "/sandbox/codes", body)).json).toEqual({ registered: 0 });
    expect((await call("POST", "/sandbox/codes", `${body}\n`)).status).toBe(413);
    expect(await postChunks(`${sandbox.url}/sandbox/codes`, [body, "\n"])).toMatch(/^413/);
    expect((await call("GET", "/")).status).toBe(200);
  });
});

test.each([
  ["no request line", "hello\r\n\r\n", "400 Bad Request"],
  ["another protocol", "GET / SPDY/3\r\n\r\n", "400 Bad Request"],
  ["a length that is no number", "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "400 Bad Request"],
  [
    "a chunk without a size",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "400 Bad Request",
  ],
  [
    "an endless chunk size",
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${"0".repeat(2000)}`,
    "400 Bad Request",
  ],
  ["an endless head", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`, "431 Request Header Fields Too Large"],
])("%s is refused and the connection closed", async (_name, text, status) => {
  await withApi({}, async ({ sandbox, call }) => {
    const { socket, answer, ended } = talk(sandbox.port);
    socket.write(text);
    await ended;
    expect(answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
    expect((await call("GET", "/")).status).toBe(200);
  });
});
