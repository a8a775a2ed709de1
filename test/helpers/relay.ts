import { createServer, type Socket } from "node:net";
import type { Redis } from "ioredis";
import { afterEach } from "vitest";

/**
 * What a relay does with a command: pass it on to the first server, or to another, answer by an error of its own, or hang up,
 * after an error or without a word.
 */
export type Ruling =
  | undefined
  | { to: number }
  | { error: string }
  | { hangUp: true; error?: string }
  | { reply: unknown };

export interface Relay {
  url: string;
  close(): Promise<void>;
}

/** A proxy before Redis servers: each command is looked at by `rule`, its words in upper case where Redis doesn't mind. */
export async function startRelay(
  servers: Redis[],
  rule: (command: string, args: string[]) => Ruling | Promise<Ruling>,
  onPort = 0,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  // In RESP2, as push-cli talks: RESP3 has other shapes of replies.
  const upstreams = servers.map((each) => each.duplicate({ protocol: 2 }));
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    let pending: Buffer = Buffer.alloc(0);
    let turn = Promise.resolve();
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let taken = takeCommand(pending); taken; taken = takeCommand(pending)) {
        const { words, rest } = taken;
        pending = rest;
        turn = turn.then(() => answer(socket, words));
      }
    });
  });
  const answer = async (socket: Socket, [name, ...args]: Buffer[]): Promise<void> => {
    const ruling = await rule(String(name).toUpperCase(), args.map(String));
    if (ruling && "hangUp" in ruling) {
      if (ruling.error === undefined) socket.destroy();
      else socket.end(`-${ruling.error}\r\n`);
    } else if (ruling && "error" in ruling) socket.write(`-${ruling.error}\r\n`);
    else if (ruling && "reply" in ruling) socket.write(encode(ruling.reply));
    else {
      // In upper case, or ioredis would make objects of some replies.
      const reply = upstreams[ruling?.to ?? 0]!.callBuffer(String(name).toUpperCase(), ...args);
      socket.write(encode(await reply.catch((error: Error) => error)));
    }
  };
  await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const upstream of upstreams) upstream.disconnect();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Starts relays that are closed when their test is over; returns the URL. */
export function useRelays(): (
  servers: Redis[],
  rule: (command: string, args: string[]) => Ruling,
) => Promise<string> {
  const relays: Relay[] = [];
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
  });
  return async (servers, rule) => {
    const relay = await startRelay(servers, rule);
    relays.push(relay);
    return relay.url;
  };
}

/** The first whole command of what has come in: *<words> and each as $<bytes>. */
function takeCommand(bytes: Buffer): { words: Buffer[]; rest: Buffer } | undefined {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const number = Number(bytes.toString("latin1", at + 1, end));
    at = end + 2;
    return number;
  };
  const count = line();
  const words: Buffer[] = [];
  for (let i = 0; i < (count ?? 0); i++) {
    const length = line();
    if (length === undefined || bytes.length < at + length + 2) return undefined;
    words.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  return count === undefined ? undefined : { words, rest: bytes.subarray(at) };
}

function encode(reply: unknown): string | Buffer {
  if (reply === null || reply === undefined) return "$-1\r\n";
  if (reply instanceof Error) return `-${reply.message}\r\n`;
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (Array.isArray(reply)) {
    return Buffer.concat([
      Buffer.from(`*${reply.length}\r\n`),
      ...reply.map((each) => Buffer.from(encode(each))),
    ]);
  }
  const bytes = Buffer.isBuffer(reply) ? reply : Buffer.from(String(reply));
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
}
