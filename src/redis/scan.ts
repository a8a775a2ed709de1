import { SweepCutError } from "../errors.ts";
import type { RedisLink } from "./connect.ts";

const COUNT = 1000;

/**
 * Sweeps the keys of a pattern and type with SCAN, a page at a time, the next page under way while one is worked on.
 * Duplicates, empty pages and vanished keys are possible, as SCAN goes. Rejects with a SweepCutError when Redis was
 * restarted meanwhile: each process has its own order of keys, so going on would leave some out. `turn` is awaited before
 * each SCAN; false ends the sweep, however many keys of others there are between two of ours.
 */
export async function* scanKeys(
  link: RedisLink,
  pattern: string,
  type: "list" | "hash" | "string",
  turn?: () => Promise<boolean>,
): AsyncGenerator<string[]> {
  const checkUncut = await watchServer(link);
  const fetchPage = async (cursor: string) => {
    if (turn && !(await turn())) return undefined;
    return link.call(link.client.scan(cursor, "MATCH", pattern, "COUNT", COUNT, "TYPE", type));
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
      // Whoever stops the sweep early never awaits this page; its failure must not count as unhandled.
      page.catch(() => undefined);
    }
    yield names;
    if (last) return;
  }
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
  pattern: string,
  type: "list" | "hash",
  toOpenId: (key: string) => string | undefined,
  turn?: () => Promise<boolean>,
): AsyncGenerator<string[]> {
  for await (const names of scanKeys(link, pattern, type, turn)) {
    const openIds: string[] = [];
    for (const name of names) {
      const openId = toOpenId(name);
      if (openId !== undefined) openIds.push(openId);
    }
    if (openIds.length > 0) yield openIds;
  }
}
