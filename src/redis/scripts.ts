import { createHash } from "node:crypto";
import type { ChainableCommander, Cluster, Redis } from "ioredis";
import type { RedisKey } from "./keys.ts";
import changeUsers from "./lua/change-users.lua";
import claimCodes from "./lua/claim-codes.lua";
import countSends from "./lua/count-sends.lua";
import createBroadcast from "./lua/create-broadcast.lua";
import dropFields from "./lua/drop-fields.lua";
import endBroadcast from "./lua/end-broadcast.lua";
import fillField from "./lua/fill-field.lua";
import findSpent from "./lua/find-spent.lua";
import findUsed from "./lua/find-used.lua";
import moveBroadcast from "./lua/move-broadcast.lua";
import plainConsent from "./lua/plain-consent.lua";
import purgePools from "./lua/purge-pools.lua";
import pushAudience from "./lua/push-audience.lua";
import pushCodes from "./lua/push-codes.lua";
import pushConsents from "./lua/push-consents.lua";
import reachedBy from "./lua/reached-by.lua";
import readConsents from "./lua/read-consents.lua";
import readPiece from "./lua/read-piece.lua";
import readPools from "./lua/read-pools.lua";
import recordReceipt from "./lua/record-receipt.lua";
import releaseLock from "./lua/release-lock.lua";
import renewLock from "./lua/renew-lock.lua";
import settleSends from "./lua/settle-sends.lua";
import shareBasics from "./lua/share-basics.lua";
import takeCodes from "./lua/take-codes.lua";
import takeConsents from "./lua/take-consents.lua";
import tryCommands from "./lua/try-commands.lua";
import updateBroadcast from "./lua/update-broadcast.lua";
import withdrawConsents from "./lua/withdraw-consents.lua";

/** A script with the fragments it builds on; its header states KEYS, ARGV and returns. */
export interface Script {
  name: string;
  source: string;
  sha1: string;
  /** Its replies are bytes (Buffers), not text. */
  inBytes?: true;
}

const NAMES = new Map<string, string>();

/** The name of a script that was put together, by its SHA-1. */
export function scriptName(sha1: string): string | undefined {
  return NAMES.get(sha1);
}

/** Puts a script together from fragments and its own file. */
export function script(name: string, ...parts: string[]): Script {
  const source = parts.join("\n");
  const sha1 = createHash("sha1").update(source).digest("hex");
  NAMES.set(sha1, name);
  return { name, source, sha1 };
}

function bytesScript(name: string, ...parts: string[]): Script {
  return { ...script(name, ...parts), inBytes: true };
}

export const SCRIPTS = {
  claimCodes: bytesScript(
    "claim-codes",
    ...[shareBasics, readPiece, plainConsent, reachedBy, countSends, claimCodes],
  ),
  changeUsers: script("change-users", shareBasics, reachedBy, countSends, changeUsers),
  settleSends: script("settle-sends", shareBasics, settleSends),
  readPools: bytesScript("read-pools", readPools),
  purgePools: bytesScript("purge-pools", shareBasics, readPiece, plainConsent, purgePools),
  pushCodes: bytesScript("push-codes", shareBasics, readPiece, findUsed, pushCodes),
  pushConsents: script("push-consents", shareBasics, findSpent, pushConsents),
  takeCodes: script("take-codes", shareBasics, findUsed, takeCodes),
  takeConsents: script("take-consents", shareBasics, findSpent, plainConsent, readConsents, takeConsents),
  withdrawConsents: script("withdraw-consents", shareBasics, plainConsent, readConsents, withdrawConsents),
  createBroadcast: script("create-broadcast", createBroadcast),
  updateBroadcast: script("update-broadcast", updateBroadcast),
  endBroadcast: script("end-broadcast", endBroadcast),
  moveBroadcast: script("move-broadcast", moveBroadcast),
  fillField: script("fill-field", fillField),
  pushAudience: script("push-audience", pushAudience),
  recordReceipt: script("record-receipt", recordReceipt),
  renewLock: script("renew-lock", renewLock),
  releaseLock: script("release-lock", releaseLock),
  dropFields: script("drop-fields", dropFields),
  tryCommands: script("try-commands", "#!lua flags=no-writes", tryCommands),
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
  try {
    return await sendScript(redis, script, "evalsha", keys, args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return await sendScript(redis, script, "eval", keys, args);
  }
}

type SendScript = (script: string, keys: number, ...args: ScriptArg[]) => Promise<unknown>;

/** As ioredis has them: its types leave out those whose replies are bytes. */
type Commander = Record<"eval" | "evalsha" | "evalBuffer" | "evalshaBuffer", SendScript>;

/** Sends a call of a script, by its SHA-1 or with its source; to a pipeline, which answers when it is executed. */
export function sendScript(
  to: Redis | Cluster | ChainableCommander,
  { sha1, source, inBytes }: Script,
  command: "eval" | "evalsha",
  keys: RedisKey[],
  args: ScriptArg[],
): Promise<unknown> {
  const name = inBytes ? (`${command}Buffer` as const) : command;
  const script = command === "eval" ? source : sha1;
  return (to as unknown as Commander)[name](script, keys.length, ...keys, ...args);
}
