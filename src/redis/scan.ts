import { messageOf, SweepCutError } from "../errors.ts";
import type { RedisKey } from "./keys.ts";
import type { RedisLink, SweepNode } from "./link.ts";

/** Keys per page of SCAN. A page of twice as many would block Redis for more than a millisecond, and the claims with it. */
export const COUNT = 500;

/** Servers that are swept in parallel. */
const WIDTH = 8;

type KeyType = "list" | "hash" | "set" | "string" | "zset";

/**
 * Sweeps the keys of a pattern and type (undefined: any) with SCAN, a page at a time; the next page is fetched while one is
 * processed, and the masters of a cluster are swept in parallel. Duplicates, empty pages and vanished keys are possible, as
 * with any SCAN. Rejects with a SweepCutError when a server was restarted or replaced meanwhile (each process has its own
 * order of keys, so continuing would leave some out), or when keys may have moved from one server to another. `turn` is
 * awaited before each SCAN; false ends the sweep, however many unrelated keys are between two of ours.
 */
export async function* scanKeys(
  link: RedisLink,
  pattern: RedisKey,
  type: KeyType | undefined,
  turn?: () => Promise<boolean>,
): AsyncGenerator<RedisKey[]> {
  const sweep = await link.openSweep();
  try {
    yield* merge(sweep.nodes.map((node) => scanNode(node, pattern, type, turn)));
    await sweep.checkWhole();
  } finally {
    sweep.close();
  }
}

async function* scanNode(
  node: SweepNode,
  pattern: RedisKey,
  type: KeyType | undefined,
  turn: (() => Promise<boolean>) | undefined,
): AsyncGenerator<RedisKey[]> {
  const checkUncut = await watchServer(node);
  const fetchTyped = createFetch(node, pattern, type);
  const fetchPage = async (cursor: string) => {
    if (turn && !(await turn())) return undefined;
    return fetchTyped(cursor);
  };
  let page = fetchPage("0");
  for (;;) {
    const fetched = await page;
    if (!fetched) return;
    const [cursor, names] = fetched;
    await checkUncut();
    const last = cursor === "0";
    if (!last) {
      page = fetchPage(cursor);
      // If the sweep is stopped early, this page is never awaited; its failure must not count as unhandled.
      page.catch(() => undefined);
    }
    yield names;
    if (last) return;
  }
}

type Page = [cursor: string, keys: RedisKey[]];

/** Redis before 6.0 has no TYPE option in SCAN: there, the type of each key in a page is queried. */
export function createFetch(
  node: SweepNode,
  pattern: RedisKey,
  type: KeyType | undefined,
): (cursor: string) => Promise<Page> {
  let knowsType = type !== undefined;
  return async (cursor) => {
    if (knowsType) {
      try {
        return await node.call(fetchKeys(node.client, cursor, pattern, type));
      } catch (error) {
        if (!/syntax error/i.test(messageOf(error))) throw error;
        knowsType = false;
      }
    }
    const [next, keys] = await node.call(fetchKeys(node.client, cursor, pattern, undefined));
    if (type === undefined) return [next, keys];
    const types = await node.call(Promise.all(keys.map((key) => node.client.type(key))));
    return [next, keys.filter((_, i) => types[i] === type)];
  };
}

/** The next cursor, and the keys: as text for a text pattern, otherwise as bytes. */
async function fetchKeys(
  client: SweepNode["client"],
  cursor: string,
  pattern: RedisKey,
  type: KeyType | undefined,
): Promise<Page> {
  if (typeof pattern === "string") {
    return type === undefined
      ? client.scan(cursor, "MATCH", pattern, "COUNT", COUNT)
      : client.scan(cursor, "MATCH", pattern, "COUNT", COUNT, "TYPE", type);
  }
  const args = [cursor, "MATCH", pattern, "COUNT", COUNT, ...(type === undefined ? [] : ["TYPE", type])];
  const [next, keys] = (await client.callBuffer("SCAN", args)) as [Buffer, Buffer[]];
  return [next.toString(), keys];
}

/** The check costs a command only after the connection was lost: in most cases the server is still the same. */
async function watchServer(node: SweepNode): Promise<() => Promise<void>> {
  let { connections } = node;
  const server = await node.serverId();
  return async () => {
    if (node.connections === connections) return;
    connections = node.connections;
    // If that is unknown, it may be another one.
    if (server === undefined || (await node.serverId()) !== server) throw new SweepCutError();
  };
}

/** Merges pages of several sources as they arrive, a few sources at a time. */
async function* merge(sources: AsyncGenerator<RedisKey[]>[]): AsyncGenerator<RedisKey[]> {
  const [only] = sources;
  if (only && sources.length === 1) return yield* only;
  const waiting = [...sources];
  const turns: Promise<Turn>[] = [];
  const owners: AsyncGenerator<RedisKey[]>[] = [];
  const start = (source: AsyncGenerator<RedisKey[]>) => {
    const turn = source.next().then((result) => ({ source, result }));
    turn.catch(() => undefined);
    turns.push(turn);
    owners.push(source);
  };
  for (const source of waiting.splice(0, WIDTH)) start(source);
  while (turns.length > 0) {
    const { source, result } = await Promise.race(turns);
    const at = owners.indexOf(source);
    turns.splice(at, 1);
    owners.splice(at, 1);
    // At the end of the queue: otherwise the first source with a page would always win.
    const next = result.done ? waiting.shift() : source;
    if (next) start(next);
    if (!result.done) yield result.value;
  }
}

interface Turn {
  source: AsyncGenerator<RedisKey[]>;
  result: IteratorResult<RedisKey[]>;
}

/**
 * Like `scanKeys`, but yields the openIds in the keys; keys for which `toOpenId` returns none are left out, and reported to
 * `onPassed`.
 */
export async function* sweepOpenIds(
  link: RedisLink,
  pattern: RedisKey,
  type: "list" | "hash" | undefined,
  toOpenId: (key: RedisKey) => string | undefined,
  turn?: () => Promise<boolean>,
  onPassed?: (key: RedisKey) => void,
): AsyncGenerator<string[]> {
  for await (const names of scanKeys(link, pattern, type, turn)) {
    const openIds: string[] = [];
    for (const name of names) {
      const openId = toOpenId(name);
      if (openId !== undefined) openIds.push(openId);
      else onPassed?.(name);
    }
    if (openIds.length > 0) yield openIds;
  }
}
