import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { createSender, messageOf } from "../open.ts";
import { awaited, httpAnswer, serveTcp } from "../servers.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function world(extra: string) {
  const sockets = new Set<Socket>();
  const server = await serveTcp((socket) => {
    sockets.add(socket);
    socket.write(httpAnswer('{"errcode":0,"errmsg":"ok"}', extra));
  });
  const message = messageOf("T", ["a"]);
  const options = { apiBase: server.base, concurrency: 1, timeoutMs: 5000, message };
  const sender = awaited(await createSender(options));
  cleanups.push(
    () => server.close(),
    () => sender.close(),
  );
  return { sockets, send: () => sender.send("o", "f", "TOKEN") };
}

it.each([
  ["no hint", ""],
  ["a hint of 2 s", "keep-alive: timeout=2\r\n"],
  ["a hint of an hour", "keep-alive: timeout=3600\r\n"],
])(
  "a connection is used again at once, and not after most of a second without use: %s",
  async (_name, hint) => {
    const { sockets, send } = await world(hint);
    await send();
    await send();
    expect(sockets.size).toBe(1);
    await sleep(800);
    expect((await send()).class).toBe("ok");
    expect(sockets.size).toBe(2);
  },
);

it("a connection is not used again where the server says so", async () => {
  const { sockets, send } = await world("keep-alive: timeout=0\r\n");
  await send();
  await send();
  expect(sockets.size).toBe(2);
});
