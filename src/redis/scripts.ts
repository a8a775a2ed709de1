import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import type { RedisKey } from "./keys.ts";
import changeUsers from "./lua/change-users.lua";
import claimCodes from "./lua/claim-codes.lua";
import createBroadcast from "./lua/create-broadcast.lua";
import purgePools from "./lua/purge-pools.lua";
import pushAudience from "./lua/push-audience.lua";
import pushCodes from "./lua/push-codes.lua";
import readPiece from "./lua/read-piece.lua";
import releaseLock from "./lua/release-lock.lua";
import renewLock from "./lua/renew-lock.lua";
import settleSends from "./lua/settle-sends.lua";
import shareBasics from "./lua/share-basics.lua";
import updateBroadcast from "./lua/update-broadcast.lua";

/** A script with the fragments it builds on; its header states KEYS, ARGV and returns. */
export interface Script {
  name: string;
  source: string;
  sha1: string;
  /** Whether its reply holds bytes that are no text: they come as Buffers then. */
  repliesBytes: boolean;
}

/** Puts a script together from fragments and its own file. */
export function script(name: string, ...parts: string[]): Script {
  const source = parts.join("\n");
  return { name, source, sha1: createHash("sha1").update(source).digest("hex"), repliesBytes: false };
}

function bytesScript(name: string, ...parts: string[]): Script {
  return { ...script(name, ...parts), repliesBytes: true };
}

export const SCRIPTS = {
  claimCodes: bytesScript("claim-codes", shareBasics, readPiece, claimCodes),
  changeUsers: script("change-users", shareBasics, changeUsers),
  settleSends: script("settle-sends", shareBasics, settleSends),
  purgePools: bytesScript("purge-pools", shareBasics, readPiece, purgePools),
  pushCodes: bytesScript("push-codes", shareBasics, readPiece, pushCodes),
  createBroadcast: script("create-broadcast", createBroadcast),
  updateBroadcast: script("update-broadcast", updateBroadcast),
  pushAudience: script("push-audience", pushAudience),
  renewLock: script("renew-lock", renewLock),
  releaseLock: script("release-lock", releaseLock),
};

/**
 * How many short pool entries one script call may look at: about a millisecond of Redis' time, so that nobody else
 * waits noticeably. What is left over is asked for again.
 */
export const ENTRY_BUDGET = 400;

/** The same for purge, which spends less on an entry: it looks at most of them by one match. */
export const PURGE_BUDGET = 1400;

/** Bytes that are no text come as a Buffer. */
export type ScriptArg = string | number | Buffer;

/** Runs a script by its SHA1; a server that does not have it yet gets the source once. */
export async function runScript(
  redis: Redis | Cluster,
  script: Script,
  keys: RedisKey[],
  args: ScriptArg[],
): Promise<unknown> {
  const call = script.repliesBytes ? "callBuffer" : "call";
  try {
    return await redis[call]("evalsha", script.sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return await redis[call]("eval", script.source, keys.length, ...keys, ...args);
  }
}
