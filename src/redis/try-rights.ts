import type { Cluster, Redis } from "ioredis";
import type { RightsFacts } from "../doctor/ports.ts";
import { messageOf } from "../errors.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { saysMissing } from "./missing-commands.ts";
import { refusalOf } from "./rights.ts";
import { SCRIPTS, sendScript } from "./scripts.ts";

/** The openId of the keys for the tests: no user has it, so there is nothing to change. */
const NOBODY = "push-cli-doctor";

type Place =
  | "pool"
  | "ledger"
  | "seen"
  | "suppressed"
  | "broadcast"
  | "broadcasts"
  | "token"
  | "templates"
  | "lock";

interface Try {
  command: string;
  on?: Place;
  args: string[];
  /** It would write even without a key: only Redis 7 can test it, in a script that may not write. */
  writes?: true;
}

/** Every right that push-cli needs, each command where it is used. Outside the script they change nothing, or fail. */
const TRIES: Try[] = [
  ...on("pool", "type", "exists", "llen", "lrange 0 0", "lindex 0", "lpop", "lset 0 x", "lrem 0 x"),
  ...on("pool", "ltrim 0 -1", "del", "unlink"),
  ...writing("pool", "lpush x", "rpush x"),
  ...on("ledger", "hget f", "hdel f", "hlen", "hgetall", "hvals", "expire 1", "pexpire 1"),
  // The wrong number of arguments, which the command itself detects.
  ...on("ledger", "hset f x f"),
  ...writing("ledger", "hsetnx f x"),
  ...on("seen", "zadd XX 1 m", "zrem m", "zscore m", "zrangebyscore 0 0", "zremrangebyscore 0 0"),
  ...on("seen", "zremrangebyrank 0 0"),
  // The list itself, so in it nobody's field.
  ...on("suppressed", "hmget f", "hget f", `hdel ${NOBODY}`, "hscan 0"),
  ...on("suppressed", "hset f x f"),
  ...on("broadcasts", "zrange 0 0", "zrevrange 0 0"),
  ...on("broadcast", "hgetall", "hdel f", "getrange 0 0", "set x XX"),
  ...on("token", "get", "pttl", "set x XX"),
  ...on("templates", "get", "set x XX"),
  ...on("lock", "get", "del", "set x XX"),
];

/** Not allowed in scripts, or not about keys. */
const DIRECT: Try[] = [
  { command: "time", args: [] },
  { command: "scan", args: ["0", "COUNT", "1"] },
  { command: "eval", args: ["return 1", "0"] },
  { command: "evalsha", args: ["0".repeat(40), "0"] },
];

function on(place: Place, ...commands: string[]): Try[] {
  return commands.map((text) => {
    const [command = "", ...args] = text.split(" ");
    return { command, on: place, args };
  });
}

function writing(place: Place, ...commands: string[]): Try[] {
  return on(place, ...commands).map((one) => ({ ...one, writes: true }));
}

/**
 * Finds out what the user may not do, by testing it without an effect: in a read-only script on Redis 7, elsewhere by
 * commands on keys that don't exist. Leaves a line for each refusal in ACL LOG.
 */
export async function tryRights(link: RedisLink, keys: Keys, user = "default"): Promise<RightsFacts> {
  const clients = link.infoClients() ?? [link.client];
  const refused = { missing: new Set<string>(), absent: new Set<string>(), untried: new Set<string>() };
  for (const client of clients) {
    for (const { tried, answer } of await tryAll(link, client, keys)) {
      if (answer === undefined) refused.untried.add(tried.command);
      else if (saysMissing(answer)) refused.absent.add(tried.command);
      else if (refusalOf(answer) === "command") refused.missing.add(`+${tried.command}`);
      else if (refusalOf(answer) === "key" && tried.on) refused.missing.add(`~${patternOf(keys, tried.on)}`);
    }
  }
  return { user, missing: [...refused.missing], absent: [...refused.absent], untried: [...refused.untried] };
}

/** `answer`: the error of a test, or an empty text; undefined if it could not be tested. */
interface Answered {
  tried: Try;
  answer: string | undefined;
}

async function tryAll(link: RedisLink, client: Redis | Cluster, keys: Keys): Promise<Answered[]> {
  const direct = await Promise.all(DIRECT.map((tried) => tryDirectly(link, client, keys, tried)));
  return [...direct, ...((await tryInScript(client, keys)) ?? (await tryOneByOne(link, keys)))];
}

/** Undefined if there are no such scripts: before Redis 7, or without the right to them. */
async function tryInScript(client: Redis | Cluster, keys: Keys): Promise<Answered[] | undefined> {
  const words = TRIES.map((tried) => wordsOf(keys, tried));
  const args = words.flatMap((command) => [command.length, ...command]);
  const [asked] = await Promise.allSettled([sendScript(client, SCRIPTS.tryCommands, "eval", [], args)]);
  if (asked.status === "rejected") return undefined;
  const answers = asked.value as string[];
  return TRIES.map((tried, i) => ({ tried, answer: answers[i] ?? "" }));
}

/** Uses the link's own client, which routes each key to its server in a cluster. */
function tryOneByOne(link: RedisLink, keys: Keys): Promise<Answered[]> {
  return Promise.all(TRIES.map((tried) => tryDirectly(link, link.client, keys, tried)));
}

async function tryDirectly(
  link: RedisLink,
  client: Redis | Cluster,
  keys: Keys,
  tried: Try,
): Promise<Answered> {
  if (tried.writes) return { tried, answer: undefined };
  const [command = "", ...args] = wordsOf(keys, tried);
  try {
    await client.call(String(command), ...args);
    return { tried, answer: "" };
  } catch (error) {
    // Any other error reply means that the command was allowed.
    if (error instanceof Error && error.name === "ReplyError") return { tried, answer: messageOf(error) };
    return link.call(Promise.reject(error));
  }
}

function wordsOf(keys: Keys, { command, on: place, args }: Try): RedisKey[] {
  return [command, ...(place ? [keyOf(keys, place)] : []), ...args];
}

function keyOf(keys: Keys, place: Place): RedisKey {
  switch (place) {
    case "pool":
      return keys.pool(NOBODY);
    case "ledger":
      return keys.ledger(NOBODY);
    case "seen":
      return keys.seen(NOBODY);
    case "suppressed":
      return keys.suppressed;
    case "broadcast":
      return keys.broadcast(NOBODY);
    case "broadcasts":
      return keys.broadcasts;
    case "token":
      return keys.accessToken(NOBODY);
    case "templates":
      return keys.templates(NOBODY);
    case "lock":
      return keys.lock(NOBODY);
  }
}

function patternOf(keys: Keys, place: Place): string {
  const text = keyOf(keys, place).toString();
  return keys.aclPatternOf(text) ?? text;
}
