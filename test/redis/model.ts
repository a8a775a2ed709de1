import type { ClaimReply, Errcode, Settlement, Sighting } from "../../src/broadcast/ports.ts";
import type { PushReply } from "../../src/pool/ports.ts";
import {
  type ClaimedRecord,
  type Client,
  cutFirst,
  describe,
  describeFinal,
  type FinalRecord,
  isWord,
  type ModelCode,
  type ModelEntry,
  recordKey,
  render,
  sumUses,
  usesOf,
} from "./model-entry.ts";
import type { PurgeSums } from "./purge-to-the-end.ts";

/*
 * What the scripts must do, said once more over plain arrays. An entry is the pieces it was generated from; nothing
 * here reads entries, and nothing is taken from src.
 */

/** How far into a pool a release looks for the entry that a code was cut from. */
const NEAR_HEAD = 16;

export class Model {
  readonly pools = new Map<string, ModelEntry[]>();
  readonly claims = new Map<string, ClaimedRecord>();
  readonly finals = new Map<string, FinalRecord>();
  /** Everything that ever entered a pool or left the game, in uses. */
  readonly tally = { pushed: 0, spent: 0, expired: 0, refused: 0 };

  pool(openId: string): ModelEntry[] {
    return this.pools.get(openId) ?? [];
  }

  push(openId: string, entries: ModelEntry[]): void {
    this.pools.set(openId, [...this.pool(openId), ...entries]);
    for (const { codes } of entries) this.tally.pushed += sumUses(codes);
  }

  pushKnown(openId: string, entries: ModelEntry[]): PushReply {
    const formIds = new Set(this.pool(openId).flatMap(({ codes }) => codes.map(({ formId }) => formId)));
    const reply = { pushed: 0, known: 0, used: 0, notAList: false };
    for (const entry of entries) {
      const { formId } = entry.codes[0]!;
      if (formIds.has(formId)) reply.known++;
      else if (this.isUsed(openId, formId)) reply.used++;
      else {
        this.push(openId, [entry]);
        reply.pushed++;
      }
      formIds.add(formId);
    }
    return reply;
  }

  /** Whether a record of the user names a formId that is good for one message. */
  private isUsed(openId: string, formId: string): boolean {
    const records = [...this.claims, ...this.finals];
    return records.some(([key, { code }]) => key.endsWith(` ${openId}`) && code?.formId === formId);
  }

  claim(client: Client, openId: string, sighting: Sighting, dry: boolean): ClaimReply {
    const key = recordKey(client, openId);
    const claimed = this.claims.get(key);
    const final = this.finals.get(key);
    const known = claimed !== undefined || final !== undefined;
    // The same call again, its answer lost, may have taken the pool with its last expired code.
    const emptiedHere = final?.outcome === "no_code" && final.run === client.runId && final.attempts === 0;
    const mine = claimed?.run === client.runId || (emptiedHere && this.pool(openId).length === 0);
    // Who ran out of codes and has a pool again is met by that.
    const again = final?.outcome === "no_code" && this.pool(openId).length > 0;
    if ((sighting === "pool" && known && !mine && !again) || (sighting === "ledger" && (!known || again)))
      return { status: "elsewhere", openId };
    if (claimed) {
      if (claimed.run === client.runId) return { status: "mine", ...describe(openId, claimed) };
      if (!client.deadRuns.includes(claimed.run)) return { status: "busy", openId, run: claimed.run };
      return this.takeOver(key, openId, claimed, client, dry);
    }
    if (final && final.outcome !== "no_code") {
      const triedAgain =
        final.run !== client.runId && client.retry.some((outcome) => outcome === final.outcome);
      if (!triedAgain)
        return { status: "settled", openId, own: final.run === client.runId, ...describeFinal(final) };
      if (final.outcome === "unknown") {
        const record = { run: "", attempt: final.attempts, code: final.code!, k: 0, own: undefined };
        if (!dry) this.tally.spent -= 1;
        return { ...this.takeOver(key, openId, record, client, dry), retried: "unknown" } as ClaimReply;
      }
    }
    const reply = this.claimFirst(key, openId, client, undefined, dry);
    if (final?.outcome === "failed") {
      const spentBefore = final.code === undefined ? {} : { spentBefore: true as const };
      if (reply.status === "claimed") return { ...reply, retried: "failed", ...spentBefore };
      // Nothing to try it with: the outcome stays.
      const expired = "expired" in reply && reply.expired ? { expired: reply.expired } : {};
      return { status: "settled", openId, own: false, ...describeFinal(final), ...expired };
    }
    if (final?.outcome === "no_code" && reply.status === "claimed") return { ...reply, retried: "no_code" };
    // The pool has gone with its last expired code: the record is all that tells of the user.
    const emptied = reply.status === "no_code" && reply.expired > 0 && this.pool(openId).length === 0;
    if (emptied && !dry && !final) {
      const none = { code: undefined, errcode: undefined, msgid: undefined };
      this.settleAs(key, { run: client.runId, outcome: "no_code", attempts: 0, ...none });
    }
    return reply;
  }

  next(client: Client, openId: string, refused: string, errcode: Errcode): ClaimReply | undefined {
    const key = recordKey(client, openId);
    const claimed = this.claims.get(key);
    const final = this.finals.get(key);
    if (!claimed && final?.outcome === "no_code" && final.run === client.runId)
      return { status: "no_code", openId, expired: 0, refused: 0 };
    if (claimed?.run !== client.runId) return undefined;
    if (claimed.code.formId !== refused) return { status: "claimed", ...describe(openId, claimed) };
    this.tally.refused++;
    const reply = this.claimFirst(key, openId, client, refused, false);
    if (reply.status === "no_code") {
      this.settleAs(key, {
        run: client.runId,
        outcome: "no_code",
        attempts: claimed.attempt,
        code: undefined,
        errcode,
        msgid: undefined,
      });
    }
    return reply;
  }

  settle(client: Client, { openId, outcome, attempts, errcode, msgid }: Settlement): boolean {
    const key = recordKey(client, openId);
    const claimed = this.claims.get(key);
    if (!claimed) return this.finals.get(key)?.run === client.runId;
    if (claimed.run !== client.runId) return false;
    this.tally.spent++;
    this.settleAs(key, {
      run: client.runId,
      outcome,
      attempts,
      code: claimed.code,
      errcode,
      msgid: isWord(msgid) ? msgid : undefined,
    });
    return true;
  }

  release(client: Client, openId: string): boolean {
    const key = recordKey(client, openId);
    const claimed = this.claims.get(key);
    if (claimed?.run !== client.runId || !claimed.own) return false;
    this.putBack(openId, claimed);
    this.claims.delete(key);
    return true;
  }

  settleReturning(client: Client, { openId, outcome, attempts, errcode }: Settlement): boolean {
    const key = recordKey(client, openId);
    const claimed = this.claims.get(key);
    const final = this.finals.get(key);
    if (final?.run === client.runId && final.outcome === outcome) return true;
    if (claimed?.run !== client.runId || !claimed.own) return false;
    this.putBack(openId, claimed);
    this.settleAs(key, { run: client.runId, outcome, attempts, code: undefined, errcode, msgid: undefined });
    return true;
  }

  purge(openId: string, dry: boolean): PurgeSums {
    const pool = this.pool(openId);
    const left = pool.map((entry) => ({
      ...entry,
      codes: entry.codes.filter(({ kind }) => kind !== "expired"),
    }));
    const stay = left.filter((entry, i) => pool[i]!.codes.length === 0 || entry.codes.length > 0);
    const gone = pool.flatMap(({ codes }) => codes).filter(({ kind }) => kind === "expired");
    if (!dry) {
      this.pools.set(openId, stay);
      this.tally.expired += sumUses(gone);
    }
    return {
      scanned: 1,
      changed: gone.length > 0 ? 1 : 0,
      removed: gone.length > 0 && stay.length === 0 ? 1 : 0,
      expired: gone.length,
      unreadable: pool.filter(({ codes }) => codes.length === 0).length,
    };
  }

  /** Every use ever pushed is still somewhere, and nowhere twice. */
  get balance(): { pushed: number; accounted: number } {
    const left = [...this.pools.values()].flat().flatMap(({ codes }) => codes);
    const { pushed, spent, expired, refused } = this.tally;
    return { pushed, accounted: sumUses(left) + this.claims.size + spent + expired + refused };
  }

  private takeOver(
    key: string,
    openId: string,
    claimed: ClaimedRecord,
    client: Client,
    dry: boolean,
  ): ClaimReply {
    const record = { ...claimed, run: client.runId, attempt: claimed.attempt + 1 };
    if (!dry) this.record(key, record);
    return { status: "claimed", ...describe(openId, record), ...countLeft(this.pool(openId), dry) };
  }

  /** Takes the first valid code that is not refused; expired and refused ones met on the way are dropped. */
  private claimFirst(
    key: string,
    openId: string,
    client: Client,
    refused: string | undefined,
    dry: boolean,
  ): ClaimReply {
    const counts = { expired: 0, refused: 0 };
    const dropped: ModelCode[] = [];
    const pool = [...this.pool(openId)];
    const at = pool.findIndex((entry, i) => {
      const gone = entry.codes.filter(({ kind, formId }) => kind === "expired" || formId === refused);
      dropped.push(...gone);
      for (const { kind } of gone) counts[kind === "expired" ? "expired" : "refused"]++;
      pool[i] = { ...entry, codes: entry.codes.filter((code) => !gone.includes(code)) };
      return pool[i].codes.some(({ kind }) => kind === "valid");
    });
    const unreadable = new Set(this.pool(openId).flatMap(({ codes }, i) => (codes.length === 0 ? [i] : [])));
    const record = at < 0 ? undefined : cutFirst(client, pool, at);
    if (!dry) {
      this.pools.set(
        openId,
        pool.filter(({ codes }, i) => codes.length > 0 || unreadable.has(i)),
      );
      for (const code of dropped) this.tally[code.kind === "expired" ? "expired" : "refused"] += usesOf(code);
      if (record) this.record(key, record);
    }
    if (!record) {
      // Only a claim tells them; after a refusal, the user had a code.
      const met = refused === undefined && unreadable.size > 0 ? { unreadable: unreadable.size } : {};
      return { status: "no_code", openId, ...counts, ...met };
    }
    return { status: "claimed", ...describe(openId, record), ...counts, ...countLeft(pool, dry) };
  }

  private record(key: string, record: ClaimedRecord): void {
    this.finals.delete(key);
    this.claims.set(key, record);
  }

  private settleAs(key: string, record: FinalRecord): void {
    this.claims.delete(key);
    this.finals.set(key, record);
  }

  private putBack(openId: string, { own, cut }: ClaimedRecord): void {
    const pool = [...this.pool(openId)];
    const at = cut ? pool.slice(0, NEAR_HEAD).findIndex((entry) => render(entry) === cut.rest) : -1;
    if (at >= 0) pool[at] = cut!.source;
    else pool.unshift(own!);
    this.pools.set(openId, pool);
  }
}

/** What a dry run says besides: how many valid codes are left, up to 3. */
function countLeft(left: ModelEntry[], dry: boolean): { left?: number } {
  const valid = left.flatMap(({ codes }) => codes).filter(({ kind }) => kind === "valid");
  return dry ? { left: Math.min(3, valid.length) } : {};
}
