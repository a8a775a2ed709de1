import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { ClaimReply } from "../broadcast/ports.ts";
import { codeState } from "../pool/code.ts";
import { readEntry } from "../pool/read-entry.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { CLAIM, SCRIPTS } from "./scripts.ts";

/** A user's reply from claim-codes.lua or next-code.lua. */
export type RawReply = [number, ...(string | number)[]];

/** In the reply of a dry run: whether the user would be left without a code, and behind it where to look on. */
const BARE_AT = 7;
const BARE = 1;
const BARE_UNKNOWN = 2;

/**
 * Claims for many users, by as many calls of claim-codes.lua as its budget makes of them. `args` are the script's own but for
 * the list indices. One reply an openId, in order.
 */
export async function claimUsers(
  link: RedisLink,
  keys: Keys,
  args: (string | number)[],
  openIds: string[],
): Promise<ClaimReply[]> {
  const replies: ClaimReply[] = new Array(openIds.length);
  let pending = openIds.map((openId, at) => ({ openId, at, from: 0, expired: 0, unreadable: 0 }));
  const unsure: typeof pending = [];
  while (pending.length > 0) {
    const plan = (users: typeof pending) => {
      const froms = users.every(({ from }) => from === 0) ? [] : users.map(({ from }) => from);
      return { keys: keys.pairs(users.map(({ openId }) => openId)), args: [...args, ...froms] };
    };
    const raw = await link.runBatch(SCRIPTS.claimCodes, pending, plan, toReplies);
    const unfinished: typeof pending = [];
    for (const [i, user] of pending.entries()) {
      const reply = raw[i]!;
      if (typeof reply === "string") {
        replies[user.at] = toUsualClaim(user.openId, reply);
      } else if (reply[0] === CLAIM.more) {
        user.from = Number(reply[1]);
        user.expired += Number(reply[2]);
        user.unreadable += Number(reply[3]);
        unfinished.push(user);
      } else {
        replies[user.at] = toClaimReply(user.openId, reply, user);
        if (reply[BARE_AT] === BARE_UNKNOWN) unsure.push({ ...user, from: Number(reply[BARE_AT + 1]) });
      }
    }
    pending = unfinished;
  }
  if (unsure.length > 0) await lookOn(link, keys, unsure, replies);
  return replies;
}

/** A call's reply as one reply a user: a line of the text, or the array that stands for an empty line. */
function toReplies(reply: unknown): (string | RawReply)[] {
  const [text, ...others] = reply as [string, ...RawReply[]];
  const lines = text.split("\n");
  if (others.length === 0) return lines;
  let next = 0;
  return lines.map((line) => line || others[next++]!);
}

/** The reply that nearly every claim gets. */
function toUsualClaim(openId: string, reply: string): ClaimReply {
  const first = reply.indexOf(" ");
  return {
    status: "claimed",
    openId,
    formId: reply.slice(0, first),
    expireMs: Number(reply.slice(first + 1, -2)),
    multiUse: reply.endsWith("1"),
    attempt: 1,
    expired: 0,
    refused: 0,
  };
}

/** `before`: what earlier calls for the same user have met. */
function toClaimReply(
  openId: string,
  reply: RawReply,
  before: { expired: number; unreadable: number },
): ClaimReply {
  switch (reply[0]) {
    case CLAIM.claimed:
      return toClaimed(openId, reply, before.expired, 0);
    case CLAIM.mine:
      return { ...toClaimed(openId, reply, 0, 0), status: "mine" };
    case CLAIM.noCode:
      return toNoCode(openId, Number(reply[1]) + before.expired, Number(reply[2]) + before.unreadable);
    case CLAIM.settled:
      return toSettled(openId, reply, before.expired);
    case CLAIM.elsewhere:
      return { status: "elsewhere", openId };
    case CLAIM.busy:
      return { status: "busy", openId, run: String(reply[1]) };
    default:
      return { status: "wrong", openId, why: String(reply[1]) };
  }
}

function toNoCode(openId: string, expired: number, unreadable: number): ClaimReply {
  return { status: "no_code", openId, expired, refused: 0, ...(unreadable > 0 ? { unreadable } : {}) };
}

/** The fields of a reply that has a code; the counts are those of earlier calls for the same user. */
export function toClaimed(openId: string, reply: RawReply, expiredBefore: number, refusedBefore: number) {
  const [, formId, expireMs, multi, attempt, expired, refused, bare, , retried] = reply;
  return {
    status: "claimed" as const,
    openId,
    formId: String(formId),
    expireMs: Number(expireMs),
    multiUse: multi === 1,
    attempt: Number(attempt),
    expired: Number(expired) + expiredBefore,
    refused: Number(refused) + refusedBefore,
    ...(bare === undefined || bare === "-" ? {} : { lastCode: bare === BARE }),
    ...(retried === undefined ? {} : { retried: retried as "unknown" | "failed" | "no_code" }),
  };
}

function toSettled(openId: string, reply: RawReply, expiredBefore: number): ClaimReply {
  const [, outcome, own, attempts, atMs, errcode, formId, msgid, dropped = 0] = reply;
  const expired = Number(dropped) + expiredBefore;
  return {
    status: "settled",
    openId,
    outcome: outcome as FinalOutcome,
    own: own === 1,
    attempts: Number(attempts),
    atMs: Number(atMs),
    ...(errcode === "-" ? {} : { errcode: Number(errcode) }),
    ...(formId === "-" ? {} : { formId: String(formId) }),
    ...(msgid === "-" ? {} : { msgid: String(msgid) }),
    ...(expired > 0 ? { expired } : {}),
  };
}

/** Entries in one reply. */
const CHUNK = 500;

/** Looks for another valid code where the script's budget ended before it met one. */
async function lookOn(
  link: RedisLink,
  keys: Keys,
  users: { openId: string; at: number; from: number }[],
  replies: ClaimReply[],
): Promise<void> {
  const nowMs = await link.now();
  const isValid = (bytes: Buffer) => {
    const entry = readEntry(bytes.toString("latin1"));
    return entry.readable && entry.codes.some((code) => codeState(code, nowMs) === "valid");
  };
  const look = async ({ openId, at, from }: (typeof users)[number]) => {
    const reply = replies[at];
    if (reply?.status !== "claimed") return;
    for (let start = from; ; start += CHUNK) {
      const chunk = await link.call(link.client.lrangeBuffer(keys.pool(openId), start, start + CHUNK - 1));
      reply.lastCode = !chunk.some(isValid);
      if (!reply.lastCode || chunk.length < CHUNK) return;
    }
  };
  await Promise.all(users.map(look));
}
