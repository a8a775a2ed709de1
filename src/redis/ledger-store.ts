import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { ClaimReply, Ledger, Settlement } from "../broadcast/ports.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { CLAIM, ENTRY_BUDGET, SCRIPTS } from "./scripts.ts";

export interface LedgerOptions {
  broadcastId: string;
  runId: string;
  /** Claims only look and change nothing. */
  dryRun?: boolean;
  /** Runs that are surely dead: their claims are taken over with the same code. */
  deadRuns?: ReadonlySet<string>;
  /** Final outcomes of other runs to try again. */
  retry?: ("unknown" | "failed")[];
}

/** A ledger outlives the codes in it (7 days) by a day; then Redis forgets it. */
const LEDGER_TTL_MS = 8 * 24 * 3600 * 1000;

export function createLedger(link: RedisLink, keys: Keys, options: LedgerOptions): Ledger {
  const head = [options.broadcastId, options.runId, LEDGER_TTL_MS];
  const keyPairs = (openIds: string[]) => {
    const pairs: RedisKey[] = [];
    for (const openId of openIds) pairs.push(keys.pool(openId), keys.ledger(openId));
    return pairs;
  };
  const release = async (openIds: string[], final: (string | number)[]) => {
    const args = [...head, ...final];
    const plan = (users: string[]) => ({ keys: keyPairs(users), args });
    const replies = await link.runBatch(SCRIPTS.releaseCodes, openIds, plan);
    return (replies as number[]).map((reply) => reply === 1);
  };
  return {
    claim: (openIds, sighting = "any") => {
      const args = [...head, options.dryRun ? "1" : "0", ENTRY_BUDGET, spaced(options.deadRuns), sighting];
      return claimAll(link, keyPairs, [...args, spaced(options.retry)], openIds);
    },
    next: (openId, formId, errcode) => nextCode(link, keyPairs([openId]), head, openId, formId, errcode),
    settle: async (settlements) => {
      const digits = await link.runBatch(SCRIPTS.settleSends, settlements, (some) => ({
        keys: some.map(({ openId }) => keys.ledger(openId)),
        args: [...head, some.map(settleLine).join("\n")],
      }));
      return Array.from(digits, (digit) => digit !== "0");
    },
    release: (openIds) => release(openIds, ["", 0, "-"]),
    settleReturning: async ({ openId, outcome, attempts, errcode }) => {
      const [done] = await release([openId], [outcome, attempts, errcode ?? "-"]);
      return done === true;
    },
  };
}

function settleLine({ outcome, attempts, errcode, msgid }: Settlement): string {
  return `${outcome} ${attempts} ${errcode ?? "-"} ${isWord(msgid) ? msgid : "-"}`;
}

/** A msgid is whatever the API sent; records are words between spaces, and one that is none would break them. */
function isWord(text: string | undefined): boolean {
  return text !== undefined && /^[\x21-\x7e]{1,64}$/.test(text);
}

type RawReply = [number, ...(string | number)[]];

function spaced(words: Iterable<string> = []): string {
  return ` ${[...words].join(" ")} `;
}

async function claimAll(
  link: RedisLink,
  keyPairs: (openIds: string[]) => RedisKey[],
  args: (string | number)[],
  openIds: string[],
): Promise<ClaimReply[]> {
  const replies: ClaimReply[] = new Array(openIds.length);
  let pending = openIds.map((openId, at) => ({ openId, at, from: 0, expired: 0, unreadable: 0 }));
  while (pending.length > 0) {
    const plan = (users: typeof pending) => {
      const froms = users.every(({ from }) => from === 0) ? [] : users.map(({ from }) => from);
      return { keys: keyPairs(users.map(({ openId }) => openId)), args: [...args, ...froms] };
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
      }
    }
    pending = unfinished;
  }
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
      return toSettled(openId, reply);
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

function toClaimed(openId: string, reply: RawReply, expiredBefore: number, refusedBefore: number) {
  const [, formId, expireMs, multi, attempt, expired, refused] = reply;
  return {
    status: "claimed" as const,
    openId,
    formId: String(formId),
    expireMs: Number(expireMs),
    multiUse: multi === 1,
    attempt: Number(attempt),
    expired: Number(expired) + expiredBefore,
    refused: Number(refused) + refusedBefore,
  };
}

function toSettled(openId: string, reply: RawReply): ClaimReply {
  const [, outcome, own, attempts, atMs, errcode, formId, msgid] = reply;
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
  };
}

async function nextCode(
  link: RedisLink,
  names: RedisKey[],
  head: (string | number)[],
  openId: string,
  formId: string,
  errcode: number | undefined,
): ReturnType<Ledger["next"]> {
  let from = 0;
  let expired = 0;
  let refused = 0;
  for (;;) {
    const args = [...head, formId, ENTRY_BUDGET, from, errcode ?? "-"];
    const reply = (await link.run(SCRIPTS.nextCode, names, args)) as RawReply;
    if (reply[0] === CLAIM.lost) return undefined;
    if (reply[0] === CLAIM.claimed) return toClaimed(openId, reply, expired, refused);
    expired += Number(reply[reply[0] === CLAIM.more ? 2 : 1]);
    refused += Number(reply[reply[0] === CLAIM.more ? 3 : 2]);
    if (reply[0] === CLAIM.noCode) return { status: "no_code", openId, expired, refused };
    from = Number(reply[1]);
  }
}
