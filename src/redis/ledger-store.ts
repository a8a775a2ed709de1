import type { Ledger, Settlement } from "../broadcast/ports.ts";
import { claimUsers, type RawReply, toClaimed } from "./claim-users.ts";
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
  const release = async (openIds: string[], final: (string | number)[]) => {
    const args = [...head, ...final];
    const plan = (users: string[]) => ({ keys: keys.pairs(users), args });
    const replies = await link.runBatch(SCRIPTS.releaseCodes, openIds, plan);
    return (replies as number[]).map((reply) => reply === 1);
  };
  return {
    claim: (openIds, sighting = "any") => {
      const args = [...head, options.dryRun ? "1" : "0", ENTRY_BUDGET, spaced(options.deadRuns), sighting];
      return claimUsers(link, keys, [...args, spaced(options.retry)], openIds);
    },
    next: (openId, formId, errcode) => nextCode(link, keys.pairs([openId]), head, openId, formId, errcode),
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

function spaced(words: Iterable<string> = []): string {
  return ` ${[...words].join(" ")} `;
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
