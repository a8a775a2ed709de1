import type { RedisLink } from "./connect.ts";

const COUNT = 1000;

/**
 * Sweeps the keys of a pattern and type with SCAN, a page at a time, the next page under way while one is worked on.
 * Duplicates, empty pages and vanished keys are possible, as SCAN goes.
 */
export async function* scanKeys(
  link: RedisLink,
  pattern: string,
  type: "list" | "hash" | "string",
): AsyncGenerator<string[]> {
  const fetchPage = (cursor: string) =>
    link.call(link.client.scan(cursor, "MATCH", pattern, "COUNT", COUNT, "TYPE", type));
  let page = fetchPage("0");
  for (;;) {
    const [cursor, names] = await page;
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

/** The same for the openIds in the keys; keys for which `toOpenId` has no answer are left out. */
export async function* sweepOpenIds(
  link: RedisLink,
  pattern: string,
  type: "list" | "hash",
  toOpenId: (key: string) => string | undefined,
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
