import type { LedgerOptions } from "../broadcast/deps.ts";
import type { Ledger, Settlement } from "../broadcast/ports.ts";
import { askPerPage } from "./ask-per-page.ts";
import { claimChosen, encodePolicy } from "./choose-user.ts";
import { claimUnsuppressed } from "./claim-unsuppressed.ts";
import { claimUsers } from "./claim-users.ts";
import { errcodeWord } from "./errcode-word.ts";
import type { Keys } from "./keys.ts";
import { msgidWord } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import { nextCode } from "./next-code.ts";
import { CODE_RULES, type PermissionRules } from "./permission-rules.ts";
import type { Book, LedgerHead } from "./read-users.ts";
import { releaseUsers } from "./release-users.ts";
import { SCRIPTS } from "./scripts.ts";
import { settleClearing } from "./settle-clearing.ts";
import { settleLost } from "./settle-lost.ts";
import { findSuppressed } from "./suppression-store.ts";

/** A ledger outlives the codes in it (7 days) by a day; then Redis forgets it. */
const LEDGER_TTL_MS = 8 * 24 * 3600 * 1000;

/** At full speed, most of a page is claimed in this time; a slow run asks before each claim. */
const SUPPRESSED_FRESH_MS = 20;

export function createLedger(
  link: RedisLink,
  keys: Keys,
  options: LedgerOptions,
  rules: PermissionRules = CODE_RULES,
): Ledger {
  const { runId: run, dryRun = false, deadRuns: dead = new Set(), retry: again = [], choice } = options;
  const head: LedgerHead = [options.broadcastId, run, LEDGER_TTL_MS];
  const book: Book = { keys, head, rules, policy: encodePolicy(choice?.policy) };
  const suppressedOf = askPerPage((page) => findSuppressed(link, keys, page), SUPPRESSED_FRESH_MS);
  return {
    get connections() {
      return link.connections;
    },
    claim: (openIds, sighting = "any", page = openIds) => {
      const by = { run, dryRun, dead, again, sighting, choice };
      const parts = {
        find: () => suppressedOf(page),
        choice,
        claim: (some: string[]) =>
          claimChosen(choice, some, sighting, (chosen) => claimUsers(link, book, by, chosen)),
        claimNothing: (some: string[]) => claimUsers(link, book, { ...by, areSuppressed: true }, some),
      };
      return claimUnsuppressed(parts, openIds);
    },
    next: (openId, formId, errcode) => nextCode(link, book, { openId, formId, errcode }),
    settle: async (settlements) => {
      const digits = await link.runBatch(SCRIPTS.settleSends, settlements, (some) => ({
        keys: some.map(({ openId }) => keys.ledger(openId)),
        args: [...head, some.map(settleLine).join("\n")],
      }));
      const settled = Array.from(digits, (digit) => digit !== "0");
      const isLost = (i: number) => digits[i] === "0" || digits[i] === "3";
      const lost = [...settled.keys()].filter((i) => isLost(i) && settlements[i]!.permission);
      if (lost.length === 0) return settled;
      const entered = await settleLost(
        link,
        book,
        { run, dead, again },
        lost.map((i) => settlements[i]!),
      );
      for (const [n, i] of lost.entries()) settled[i] = entered[n] === true;
      return settled;
    },
    release: (openIds) => releaseUsers(link, book, openIds),
    settleReturning: async ({ openId, outcome, attempts, errcode }) => {
      const [done] = await releaseUsers(link, book, [openId], { outcome, attempts, errcode });
      return done === true;
    },
    settleClearing: (settlement) => settleClearing(link, book, settlement),
  };
}

function settleLine({ outcome, attempts, errcode, msgid }: Settlement): string {
  return `${outcome} ${attempts} ${errcodeWord(errcode)} ${msgidWord(msgid)}`;
}
