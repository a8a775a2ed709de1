import type { FoundPrefix, PrefixLook } from "../pool/ports.ts";
import { readEntry } from "../pool/read-entry.ts";
import { textOfJavaKey } from "./java-keys.ts";
import { isOpenId, type Keys } from "./keys.ts";
import type { RedisLink, SweepNode } from "./link.ts";
import { COUNT, createFetch } from "./scan.ts";

/** For all servers together, in pages of SCAN: some ten milliseconds of one server's time. */
const PAGES = 20;
/** Maximum number of prefixes whose lists are read, of lists per prefix, and of entries per list. */
const GROUPS = 25;
const LISTS = 4;
const ENTRIES = 2;
const MAX_FOUND = 3;

/** Lists whose keys share a prefix. */
interface Group extends FoundPrefix {
  /** A sample of the keys. */
  some: Buffer[];
}

/**
 * Searches the first keys of a database for lists that hold codes, and returns the prefixes of their keys, for hints
 * when pools are looked for in the wrong place. Rejects when a list can't be read and no other holds codes.
 */
export async function findPoolPrefixes(link: RedisLink, keys: Keys): Promise<PrefixLook> {
  const { own, others, looked } = await scanLists(link, keys);
  if (own) return { own, found: [], looked };
  const groups = [...others.values()].sort((a, b) => b.keys - a.keys);
  const found: FoundPrefix[] = [];
  let failure: unknown;
  for (const { some, ...place } of groups.slice(0, GROUPS)) {
    if (found.length === MAX_FOUND) break;
    const heads = await Promise.allSettled(some.map((key) => link.client.lrangeBuffer(key, 0, ENTRIES - 1)));
    if (heads.some((head) => head.status === "fulfilled" && head.value.some(holdsCode))) found.push(place);
    failure ??= heads.find((head) => head.status === "rejected")?.reason;
  }
  if (found.length === 0 && failure) throw failure;
  return { own, found, looked };
}

function holdsCode(bytes: Buffer): boolean {
  return readEntry(bytes.toString("latin1")).readable;
}

/** The lists found so far. */
interface Lists {
  own: boolean;
  others: Map<string, Group>;
}

async function scanLists(link: RedisLink, keys: Keys): Promise<Lists & Pick<PrefixLook, "looked">> {
  const lists: Lists = { own: false, others: new Map() };
  const add = (key: Buffer) => {
    if (keys.openIdOfPool(key) === undefined) addKey(lists.others, key);
    else lists.own = true;
  };
  const sweep = await link.openSweep();
  try {
    const nodes = sweep.nodes.slice(0, PAGES);
    const pages = Math.floor(PAGES / nodes.length);
    const ends = await Promise.all(nodes.map((node) => scanNode(node, pages, add)));
    const isWhole = nodes.length === sweep.nodes.length && ends.every(Boolean);
    return { ...lists, looked: isWhole ? undefined : nodes.length * pages * COUNT };
  } finally {
    sweep.close();
  }
}

/** Returns whether it has seen all keys of the server. */
async function scanNode(node: SweepNode, pages: number, add: (key: Buffer) => void): Promise<boolean> {
  // Keys as bytes.
  const fetchPage = createFetch(node, Buffer.from("*"), "list");
  let cursor = "0";
  for (let page = 0; page < pages; page++) {
    const [next, keys] = await fetchPage(cursor);
    for (const key of keys) add(Buffer.from(key));
    cursor = next;
    if (cursor === "0") return true;
  }
  return false;
}

/** The openId follows the last such character of a key. */
const PREFIX = /^.*[:/|.#@~]/s;
/** Or it is the key's hash tag. */
const TAGGED = /^([^{}]*\{)([^{}]+)(\}[^{}]*)$/s;

function placeOf(key: string): Pick<FoundPrefix, "prefix" | "suffix"> | undefined {
  const prefix = PREFIX.exec(key)?.[0] ?? "";
  if (prefix !== "" && isOpenId(key.slice(prefix.length))) return { prefix };
  const [, before = "", openId = "", behind = ""] = TAGGED.exec(key) ?? [];
  return isOpenId(openId) ? { prefix: before, suffix: behind } : undefined;
}

function addKey(groups: Map<string, Group>, key: Buffer): void {
  const java = textOfJavaKey(key);
  const text = java ?? key.toString();
  const place = placeOf(text);
  if (!place) return;
  const form = java === undefined ? "plain" : "java";
  const name = `${form} ${place.prefix}%${place.suffix ?? ""}`;
  const group = groups.get(name) ?? { ...place, form, keys: 0, some: [] };
  groups.set(name, group);
  group.keys++;
  if (group.some.length < LISTS) group.some.push(key);
}
