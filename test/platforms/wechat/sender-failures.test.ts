import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createSender, messageOf } from "../open.ts";
import {
  type AwaitedSender,
  awaited,
  freePort,
  httpAnswer,
  serveHttp,
  serveTcp,
  type TcpDouble,
} from "../servers.ts";

const OK = httpAnswer('{"errcode":0,"errmsg":"ok"}');
const TOKEN = "TOKEN-that-stays-secret";
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function senderTo(apiBase: string, timeoutMs = 2000, concurrency = 1): Promise<AwaitedSender> {
  const message = messageOf("T", ["a"]);
  const sender = await createSender({ apiBase, concurrency, timeoutMs, message });
  cleanups.push(() => sender.close());
  return awaited(sender);
}

async function tcp(onRequest: Parameters<typeof serveTcp>[0]): Promise<TcpDouble> {
  const server = await serveTcp(onRequest);
  cleanups.push(() => server.close());
  return server;
}

function countPosts(server: TcpDouble): number {
  return server.received.join("").split("POST ").length - 1;
}

describe("a request that was never written is unsent", () => {
  it("when the connection is refused", async () => {
    const port = await freePort();
    const sender = await senderTo(`http://127.0.0.1:${port}`);
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({ class: "unsent", errmsg: `connection refused by 127.0.0.1:${port}` });
  });

  it("when many are waiting for connections that are refused", async () => {
    const sender = await senderTo(`http://127.0.0.1:${await freePort()}`, 2000, 2);
    const answers = await Promise.all(["1", "2", "3", "4", "5", "6"].map((id) => sender.send(id, id, TOKEN)));
    expect(answers.map((answer) => answer.class)).toEqual(Array(6).fill("unsent"));
  });

  it("when the host name can't be resolved", async () => {
    const sender = await senderTo("http://no-such-host.invalid", 8000);
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({
      class: "unsent",
      errmsg: "host name of no-such-host.invalid can't be resolved",
    });
  });

  it("when the connection takes too long", async () => {
    const silent = await tcp(() => {});
    const sender = await senderTo(silent.base.replace("http:", "https:"), 1200);
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({
      class: "unsent",
      errmsg: `no connection to 127.0.0.1:${silent.port} within 1.2 s`,
    });
  });

  it("when the other side does not speak TLS", async () => {
    const plain = await serveHttp((response) => response.end());
    cleanups.push(() => plain.close());
    const sender = await senderTo(plain.base.replace("http:", "https:"));
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer.class).toBe("unsent");
    expect(answer.errmsg).toMatch(/^no TLS connection to 127\.0\.0\.1:\d+: /);
  });

  it("when the sender is closed, and closing twice is fine", async () => {
    const server = await tcp((socket) => socket.write(OK));
    const sender = await senderTo(server.base);
    await Promise.all([sender.close(), sender.close()]);
    await sender.close();
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({
      class: "unsent",
      errmsg: "the connections were closed before the request was sent",
    });
    expect(server.received).toEqual([]);
  });

  it("when no connection was free until its deadline, and is not written later either", async () => {
    const server = await tcp((socket) => {
      const timer = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 50);
      socket.on("close", () => clearInterval(timer));
    });
    const sender = await senderTo(server.base, 400, 1);
    const [first, second] = await Promise.all([
      sender.send("first", "f1", TOKEN),
      sender.send("second", "f2", TOKEN),
    ]);
    expect(first).toEqual({ class: "ambiguous", errmsg: "no answer within 0.8 s" });
    expect(second).toEqual({ class: "unsent", errmsg: "no connection was free within 0.8 s" });
    await sleep(200);
    expect(server.received.join("")).toContain("first");
    expect(server.received.join("")).not.toContain("second");
  });
});

describe("a request that was written is ambiguous, and never written again", () => {
  const cases: [name: string, answer: (socket: Socket) => void, errmsg: (port: number) => string][] = [
    [
      "when the connection is reset",
      (socket) => socket.resetAndDestroy(),
      (port) => `connection reset by 127.0.0.1:${port} before it answered`,
    ],
    [
      "when the connection is closed",
      (socket) => socket.end(),
      (port) => `connection closed by 127.0.0.1:${port} before it answered`,
    ],
    ["when no answer comes", () => {}, () => "no answer within 1 s"],
    [
      "when the answer pauses",
      (socket) => socket.write(`${head(100)}{"err`),
      () => "the answer paused for 1 s",
    ],
    [
      "when the answer is cut short",
      (socket) => socket.end(`${head(100)}{"err`),
      (port) => `connection closed by 127.0.0.1:${port} in the middle of the answer`,
    ],
    [
      "when the last answer of a connection is cut short",
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{"err`),
      () => "the answer was cut short",
    ],
    [
      "when the last answer of a connection is cut short within a chunk",
      (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"err'),
      () => "the answer is malformed or cut short",
    ],
    [
      "when a chunked answer is cut short",
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"err\r\n'),
      (port) => `connection closed by 127.0.0.1:${port} in the middle of the answer`,
    ],
    [
      "when the connection is reset in the middle of the answer",
      (socket) => socket.write(`${head(100)}{"err`, () => setTimeout(() => socket.resetAndDestroy(), 50)),
      (port) => `connection reset by 127.0.0.1:${port} in the middle of the answer`,
    ],
    [
      "when the answer is not HTTP",
      (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
      () => "the answer is not HTTP",
    ],
    [
      "when the answer gives its length twice",
      (socket) => socket.write(httpAnswer('{"errcode":0}', "content-length: 13\r\n")),
      () => "the headers of the answer give its length twice",
    ],
    [
      "when the answer is too large",
      (socket) => socket.write(httpAnswer(JSON.stringify({ errcode: 0, errmsg: "x".repeat(70_000) }))),
      () => "the answer is larger than 64 KiB",
    ],
    [
      "when the headers of the answer are too large",
      (socket) => socket.write(httpAnswer("{}", `x-filler: ${"x".repeat(20_000)}\r\n`)),
      () => "the headers of the answer are too large",
    ],
  ];

  it.each(cases)("%s", async (_name, answerWith, errmsg) => {
    const server = await tcp((socket) => answerWith(socket));
    const expected = errmsg(server.port);
    const sender = await senderTo(server.base, expected.endsWith(" 1 s") ? 1000 : 20_000);
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({ class: "ambiguous", errmsg: expected });
    await sleep(100);
    expect(countPosts(server)).toBe(1);
  });

  it("when bytes trickle in without an end: the deadline is twice the timeout", async () => {
    const server = await tcp((socket) => {
      socket.write(head(10_000));
      const timer = setInterval(() => socket.write(" "), 20);
      socket.on("close", () => clearInterval(timer));
    });
    const sender = await senderTo(server.base, 300);
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer).toEqual({ class: "ambiguous", errmsg: "no full answer within 0.6 s" });
    await sleep(100);
    expect(countPosts(server)).toBe(1);
  });

  it("on a kept-alive connection that is reset by the second request", async () => {
    const server = await tcp((socket, index) => {
      if (index === 0) socket.write(OK);
      else socket.resetAndDestroy();
    });
    const sender = await senderTo(server.base);
    expect((await sender.send("o1", "f1", TOKEN)).class).toBe("ok");
    expect((await sender.send("o2", "f2", TOKEN)).class).toBe("ambiguous");
    await sleep(100);
    expect([countPosts(server), server.received.length]).toEqual([2, 1]);
  });
});

describe("connections", () => {
  it.each([
    ["closes", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ])("are replaced when the server %s an idle one: nothing is lost", async (_name, drop) => {
    const sockets: Socket[] = [];
    const server = await tcp((socket) => {
      sockets.push(socket);
      socket.write(OK);
    });
    const sender = await senderTo(server.base);
    await sender.send("o1", "f1", TOKEN);
    drop(sockets[0] as Socket);
    await sleep(50);
    expect((await sender.send("o2", "f2", TOKEN)).class).toBe("ok");
    expect([countPosts(server), server.received.length]).toEqual([2, 2]);
  });

  it("that the server drops just after each answer lose or repeat no message", async () => {
    const server = await tcp((socket) => {
      socket.write(OK);
      setImmediate(() => socket.resetAndDestroy());
    });
    const sender = await senderTo(server.base, 2000, 4);
    const counts = { ok: 0, unsent: 0, other: 0 };
    const ids = Array.from({ length: 200 }, (_, index) => `openid-${index}-`);
    const worker = async () => {
      for (let id = ids.pop(); id; id = ids.pop()) {
        const answer = await sender.send(id, "f", TOKEN);
        if (answer.class === "ok" || answer.class === "unsent") counts[answer.class]++;
        else counts.other++;
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    const seen = server.received.join("").match(/openid-\d+-/g) ?? [];
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(counts.ok + counts.other);
    expect(counts.ok + counts.other + counts.unsent).toBe(200);
  });

  it("stay usable after every kind of failure", async () => {
    const server = await tcp((socket, index) => {
      if (index === 0) socket.end("not http\r\n\r\n");
      else if (index === 1) socket.resetAndDestroy();
      else socket.write(OK);
    });
    const sender = await senderTo(server.base);
    const classes: string[] = [];
    for (const id of ["1", "2", "3"]) classes.push((await sender.send(id, id, TOKEN)).class);
    expect(classes).toEqual(["ambiguous", "ambiguous", "ok"]);
  });
});

function head(length: number): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`;
}
