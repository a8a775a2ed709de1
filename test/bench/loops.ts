import { connect } from "node:net";
import { Redis } from "ioredis";
import type { Pool } from "undici";

/** The loops that the tool is measured against; each sends `users` messages with the same body as the tool. */

const PATH = "/cgi-bin/message/wxopen/template/send?access_token=bench-token-of-some-length-0123456789";

function body(openId: string, formId: string): string {
  return JSON.stringify({
    touser: openId,
    template_id: "bench-template",
    form_id: formId,
    data: { keyword1: { value: "a" }, keyword2: { value: "b" }, keyword3: { value: "c" } },
  });
}

export function openIdOf(i: number): string {
  return `o${String(i).padStart(27, "0")}`;
}

async function send(pool: Pool, openId: string, formId: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await pool.request({ method: "POST", path: PATH, headers, body: body(openId, formId) });
  const { errcode } = (await answer.body.json()) as { errcode: number };
  if (errcode !== 0) throw new Error(`errcode ${errcode}`);
}

/** A bare undici loop: no Redis, no ledger, nothing but requests. */
export async function bareLoop(api: string, users: number, concurrency: number): Promise<void> {
  // Loaded here, because the tool's time contains the loading of what it works with.
  const { Pool } = await import("undici");
  const pool = new Pool(api, { connections: concurrency, pipelining: 1 });
  let next = 0;
  const worker = async () => {
    while (next < users) {
      const i = next++;
      await send(pool, openIdOf(i), `form-${i}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await pool.close();
}

/** What people write first: one user at a time, take a code, send, wait. */
export async function naiveLoop(redisUrl: string, api: string, users: number): Promise<void> {
  const redis = new Redis(redisUrl);
  const { Pool } = await import("undici");
  const pool = new Pool(api, { connections: 1, pipelining: 1 });
  for (let i = 0; i < users; i++) {
    const key = `mina:openid:${openIdOf(i)}`;
    const entries = await redis.lrange(key, 0, -1);
    const at = entries.findIndex((entry) => JSON.parse(entry).expire > Date.now());
    if (at < 0) continue;
    await redis.ltrim(key, at + 1, -1);
    await send(pool, openIdOf(i), JSON.parse(entries[at] as string).formId);
  }
  await pool.close();
  redis.disconnect();
}

/** SCAN over the ledgers and a pipelined HEXISTS each: the least that a resume has to do. */
export async function bareSweep(redisUrl: string, broadcastId: string): Promise<number> {
  const redis = new Redis(redisUrl);
  let cursor = "0";
  let settled = 0;
  do {
    const [next, keys] = await redis.scan(
      cursor,
      "MATCH",
      "{mina:openid:*}:sends",
      "COUNT",
      1000,
      "TYPE",
      "hash",
    );
    cursor = next;
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.hexists(key, broadcastId);
    for (const [, there] of (await pipeline.exec()) ?? []) settled += Number(there);
  } while (cursor !== "0");
  redis.disconnect();
  return settled;
}

/** The sink's own ceiling: sockets that write a ready-made request and count the answers. */
export async function rawLoop(api: string, users: number, concurrency: number): Promise<void> {
  const { hostname, port } = new URL(api);
  const text = body(openIdOf(0), "form-0");
  const request = `POST ${PATH} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  let left = users;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port: Number(port), host: hostname, noDelay: true });
      const next = () => {
        if (left-- > 0) socket.write(request, "latin1");
        else {
          socket.destroy();
          resolve();
        }
      };
      socket.on("connect", next).on("data", next).on("error", reject);
    });
  await Promise.all(Array.from({ length: concurrency }, one));
}
