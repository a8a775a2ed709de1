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
  waiting.socket.write("GET /cgi-bin/token HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => sandbox.stats().requests).toBe(1);
  await sandbox.close();
  await sandbox.close();
  await Promise.all([idle.ended, waiting.ended]);
  expect(waiting.answer()).toBe("");
});

test("a connection stays open between requests and closes when asked to", async () => {
  await withApi({}, async ({ sandbox }) => {
    const { socket, answer, ended } = talk(sandbox.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => count(answer(), "200 OK")).toBe(1);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await ended;
    expect(count(answer(), "200 OK")).toBe(2);
    expect(sandbox.stats().connections).toBe(1);
  });
});

/** Posts in chunks, as node does when no length is given. */
function postChunks(url: string, chunks: (string | Buffer)[]): Promise<string> {
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

test("a body in chunks is put together, wherever they end", async () => {
  await withApi({ acceptAny: true }, async ({ sandbox, fetchToken }) => {
    const token = String((await fetchToken()).json.access_token);
    const data = { keyword1: { value: "\u4f60\u597d" } };
    const bytes = Buffer.from(JSON.stringify(message({ data })));
    const chunks = Array.from(bytes, (byte) => Buffer.from([byte]));
    const sent = await postChunks(`${sandbox.url}${SEND_PATH}?access_token=${token}`, chunks);
    expect(sent).toContain('"errcode":0');
    expect(sandbox.stats().lastMessage?.data).toEqual(data);
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
