import { SweepCutError } from "../errors.ts";
import type { RedisLink } from "./connect.ts";
import type { RedisKey } from "./keys.ts";

const COUNT = 1000;

/**
 * Sweeps the keys of a pattern and type with SCAN, a page at a time, the next page under way while one is worked on.
 * Duplicates, empty pages and vanished keys are possible, as SCAN goes. Rejects with a SweepCutError when Redis was
 * restarted meanwhile: each process has its own order of keys, so going on would leave some out.
 */
export async function* scanKeys(
  link: RedisLink,
  pattern: RedisKey,
  type: "list" | "hash" | "string" | "zset",
): AsyncGenerator<RedisKey[]> {
  const checkUncut = await watchServer(link);
  const fetchPage = (cursor: string) => link.call(fetchKeys(link.client, cursor, pattern, type));
  let page = fetchPage("0");
  for (;;) {
    const [cursor, names] = await page;
    await checkUncut();
    const last = cursor === "0";
    if (!last) {
      page = fetchPage(cursor);
      // Whoever stops the sweep early never awaits this page; its failure must not count as unhandled.
      page.catch(() => undefined);
    }
    yield names;
    if (last) return;
  }
}

/** The next cursor, and keys: as text for a pattern that is text, else as bytes. */
async function fetchKeys(
  client: RedisLink["client"],
  cursor: string,
  pattern: RedisKey,
  type: string,
): Promise<[cursor: string, keys: RedisKey[]]> {
  if (typeof pattern === "string") {
    return client.scan(cursor, "MATCH", pattern, "COUNT", COUNT, "TYPE", type);
  }
  const args = [cursor, "MATCH", pattern, "COUNT", COUNT, "TYPE", type];
  const [next, keys] = (await client.callBuffer("SCAN", args)) as [Buffer, Buffer[]];
  return [next.toString(), keys];
}

/** The check costs a question only after the connection was lost: most such losses leave the server as it was. */
async function watchServer(link: RedisLink): Promise<() => Promise<void>> {
  let { connections } = link;
  const server = await link.serverId();
  return async () => {
    if (link.connections === connections) return;
    connections = link.connections;
    if ((await link.serverId()) !== server) throw new SweepCutError();
  };
}

/** The same for the openIds in the keys; keys for which `toOpenId` has no answer are left out. */
export async function* sweepOpenIds(
  link: RedisLink,
  pattern: RedisKey,
  type: "list" | "hash",
  toOpenId: (key: RedisKey) => string | undefined,
): AsyncGenerator<string[]> {
  for await (const names of scanKeys(link, pattern, type)) {
    const openIds: string[] = [];
    for (const name of names) {
      const openId = toOpenId(name);
      if (openId !== undefined) openIds.push(openId);
    }
    if (openIds.length > 0) yield openIds;
  }
}
