import type { FinalOutcome } from "../../../src/broadcast/outcome.ts";
import type { ClaimReply, Cleared } from "../../../src/broadcast/ports.ts";

/*
 * What claims of consents must do, said once more over plain arrays. An entry knows what it was made to be; nothing here reads
 * entries, and nothing is taken from src.
 */

/** An entry of a pool: a consent, or bytes that are nobody's business. */
export interface ModelConsent {
  bytes: string;
  kind: "once" | "standing" | "expired" | "foreign";
  id: string;
  /** 0: never. */
  expireMs: number;
}

/** A run of a broadcast. */
export interface Player {
  broadcastId: string;
  templateId: string;
  runId: string;
  deadRuns: readonly string[];
  retry: readonly ("unknown" | "failed")[];
}

interface Claim {
  run: string;
  attempt: number;
  ageMs: number;
  id: string;
  expireMs: number;
  standing: boolean;
  k: number;
  own: ModelConsent | undefined;
  source: string;
}

interface Final {
  run: string;
  outcome: FinalOutcome;
  attempts: number;
  errcode: number | undefined;
  taken: { id: string; expireMs: number; standing: boolean } | undefined;
}

/** How long a claim of another broadcast is one whose message is on its way. */
const ON_ITS_WAY_MS = 30_000;
/** Entries among which a standing consent goes before others. */
const FIRST_LOOK = 16;
const NOTHING = { expired: 0, refused: 0 };

export class ClaimModel {
  readonly pools = new Map<string, ModelConsent[]>();
  readonly claims = new Map<string, Claim>();
  readonly finals = new Map<string, Final>();
  /** Consents for one message each that entered a pool or left the game. */
  readonly tally = { pushed: 0, spent: 0, dropped: 0 };

  pool(templateId: string, openId: string): ModelConsent[] {
    return this.pools.get(`${templateId} ${openId}`) ?? [];
  }

  push(templateId: string, openId: string, entries: ModelConsent[]): void {
    this.setPool(templateId, openId, [...this.pool(templateId, openId), ...entries]);
    this.tally.pushed += entries.filter(isOwned).length;
  }

  claim(by: Player, openId: string, dry: boolean): ClaimReply {
    const key = keyOf(by, openId);
    const claimed = this.claims.get(key);
    const final = this.finals.get(key);
    const isNew = !claimed && (final === undefined || final.outcome === "no_code");
    if (isNew && !dry && this.isOnItsWay(by, openId)) return { status: "later", openId };
    if (claimed?.run === by.runId) return { status: "mine", ...describe(openId, claimed), ...NOTHING };
    if (claimed && !by.deadRuns.includes(claimed.run)) return { status: "busy", openId, run: claimed.run };
    if (claimed) return this.takeOver(by, openId, claimed, dry);
    if (!final || final.outcome === "no_code") return this.claimFirst(by, openId, final, dry);
    const again = final.run !== by.runId && by.retry.some((outcome) => outcome === final.outcome);
    if (!again) return describeFinal(openId, final, final.run === by.runId);
    if (final.outcome !== "unknown") return this.claimFirst(by, openId, final, dry);
    const before = { ...final.taken!, run: "", attempt: final.attempts, ageMs: 0, k: 0, own: undefined };
    const reply = this.takeOver(by, openId, { ...before, source: "" }, dry);
    return { ...reply, retried: "unknown" } as ClaimReply;
  }

  settle(by: Player, openId: string, outcome: FinalOutcome, attempts: number, errcode?: number): boolean {
    const key = keyOf(by, openId);
    const claimed = this.claims.get(key);
    if (!claimed) return this.finals.get(key)?.run === by.runId;
    if (claimed.run !== by.runId) return false;
    if (claimed.own) this.tally.spent++;
    this.settleAs(key, { run: by.runId, outcome, attempts, errcode, taken: claimed });
    return true;
  }

  release(by: Player, openId: string): boolean {
    const claimed = this.claims.get(keyOf(by, openId));
    if (claimed?.run !== by.runId || !this.giveBack(by, openId, claimed)) return false;
    this.claims.delete(keyOf(by, openId));
    return true;
  }

  settleReturning(
    by: Player,
    openId: string,
    outcome: FinalOutcome,
    attempts: number,
    errcode: number,
  ): boolean {
    const key = keyOf(by, openId);
    const final = this.finals.get(key);
    if (final) return final.run === by.runId && final.outcome === outcome;
    const claimed = this.claims.get(key);
    if (claimed?.run !== by.runId || !this.giveBack(by, openId, claimed)) return false;
    this.settleAs(key, { run: by.runId, outcome, attempts, errcode, taken: undefined });
    return true;
  }

  settleClearing(
    by: Player,
    openId: string,
    outcome: FinalOutcome,
    attempts: number,
    errcode: number,
  ): Cleared {
    const final = this.finals.get(keyOf(by, openId));
    if (final) return { settled: final.run === by.runId && final.outcome === outcome, dropped: 0 };
    if (!this.settle(by, openId, outcome, attempts, errcode)) return { settled: false, dropped: 0 };
    // What was tried is gone, but no message spent it: the record names none.
    this.finals.get(keyOf(by, openId))!.taken = undefined;
    const pool = this.pool(by.templateId, openId);
    const gone = pool.filter(({ kind }) => kind !== "foreign");
    this.setPool(
      by.templateId,
      openId,
      pool.filter(({ kind }) => kind === "foreign"),
    );
    this.tally.dropped += gone.filter(isOwned).length;
    return { settled: true, dropped: gone.length };
  }

  /** Time that passes for the claims of a user, of which a broadcast's record tells when it was made. */
  age(openId: string, ms: number): void {
    for (const [key, claim] of this.claims) if (key.endsWith(` ${openId}`)) claim.ageMs += ms;
  }

  /** Every consent for one message is in a pool, in a claim, spent or dropped, and nowhere twice. */
  get balance(): { pushed: number; accounted: number } {
    const left = [...this.pools.values()].flat().filter(isOwned).length;
    const held = [...this.claims.values()].filter(({ own }) => own).length;
    const { pushed, spent, dropped } = this.tally;
    return { pushed, accounted: left + held + spent + dropped };
  }

  private isOnItsWay({ broadcastId }: Player, openId: string): boolean {
    return [...this.claims].some(([key, { ageMs }]) => {
      const [id, user] = key.split(" ");
      return user === openId && id !== broadcastId && ageMs < ON_ITS_WAY_MS;
    });
  }

  private takeOver(by: Player, openId: string, before: Claim, dry: boolean): ClaimReply {
    // The record keeps the time of the first attempt: what a channel allows to repeat is allowed from that time on.
    const claim = { ...before, run: by.runId, attempt: before.attempt + 1 };
    if (!dry) this.record(keyOf(by, openId), claim);
    const rest = this.pool(by.templateId, openId);
    return { status: "claimed", ...describe(openId, claim), ...NOTHING, ...countLeft(rest, dry) };
  }

  /** Takes the first consent that holds, or a standing one close to it; expired ones before it are dropped. */
  private claimFirst(by: Player, openId: string, before: Final | undefined, dry: boolean): ClaimReply {
    const pool = this.pool(by.templateId, openId);
    const first = pool.slice(0, FIRST_LOOK);
    const near = first.some(holds) ? first : pool;
    const stands = near.some(({ kind }) => kind === "standing");
    const at = pool.findIndex(({ kind }) => kind === (stands ? "standing" : "once"));
    const head = at < 0 ? pool : pool.slice(0, at);
    const gone = head.filter(({ kind }) => kind === "expired");
    const picked = at < 0 ? undefined : pool[at]!;
    const rest = picked?.kind === "once" ? pool.slice(at + 1) : pool.slice(head.length);
    const left = [...head.filter((entry) => !gone.includes(entry)), ...rest];
    if (!dry) {
      this.setPool(by.templateId, openId, left);
      this.tally.dropped += gone.length;
    }
    if (!picked) return this.withoutConsent(by, openId, before, head, dry);
    const own = picked.kind === "once" ? picked : undefined;
    const source = own ? "" : picked.bytes;
    const { id, expireMs } = picked;
    const standing = own === undefined;
    const claim = { run: by.runId, attempt: 1, ageMs: 0, id, expireMs, standing, k: 1, own, source };
    if (!dry) this.record(keyOf(by, openId), claim);
    const isSpent = before?.outcome === "failed" && before.taken?.standing === false;
    const spentBefore = isSpent ? { spentBefore: true as const } : {};
    return {
      status: "claimed",
      ...describe(openId, claim),
      expired: gone.length,
      refused: 0,
      ...(before && { retried: before.outcome as "failed" | "no_code" }),
      ...spentBefore,
      ...countLeft(left, dry),
    };
  }

  private withoutConsent(
    by: Player,
    openId: string,
    before: Final | undefined,
    pool: ModelConsent[],
    dry: boolean,
  ): ClaimReply {
    const unreadable = pool.filter(({ kind }) => kind === "foreign").length;
    const expired = pool.length - unreadable;
    if (before && before.outcome !== "no_code") {
      return { ...describeFinal(openId, before, false), ...(expired > 0 && { expired }) } as ClaimReply;
    }
    // The pool has gone with its last consent: the record is all that tells of the user.
    if (!dry && !before && expired > 0 && unreadable === 0) {
      const none = { attempts: 0, errcode: undefined, taken: undefined };
      this.settleAs(keyOf(by, openId), { run: by.runId, outcome: "no_code", ...none });
    }
    return { status: "no_code", openId, expired, refused: 0, ...(unreadable > 0 && { unreadable }) };
  }

  /** False for a claim that holds nothing: its consent was spent by an earlier run. */
  private giveBack(by: Player, openId: string, { own, source }: Claim): boolean {
    if (!own) return source !== "";
    this.setPool(by.templateId, openId, [own, ...this.pool(by.templateId, openId)]);
    return true;
  }

  private setPool(templateId: string, openId: string, entries: ModelConsent[]): void {
    this.pools.set(`${templateId} ${openId}`, entries);
  }

  private record(key: string, claim: Claim): void {
    this.finals.delete(key);
    this.claims.set(key, claim);
  }

  private settleAs(key: string, final: Final): void {
    this.claims.delete(key);
    this.finals.set(key, final);
  }
}

/** The records of a user as they are written, without their times. */
export function recordsOf(model: ClaimModel, openId: string): Record<string, string> {
  const records: Record<string, string> = {};
  for (const [key, { run, attempt, k, expireMs, standing, id, own, source }] of model.claims) {
    const bytes = own?.bytes ?? "";
    const words = ["claimed", run, attempt, "AT", standing ? 2 : 1, k, expireMs, id, bytes.length];
    if (key.endsWith(` ${openId}`)) records[key.split(" ")[0]!] = `${words.join(" ")}\n${bytes}${source}`;
  }
  for (const [key, { outcome, run, attempts, errcode, taken }] of model.finals) {
    const words = [outcome, run, attempts, "AT", errcode ?? "-", taken?.id ?? "-", "-"];
    words.push(taken ? (taken.standing ? 2 : 1) : 0, taken?.expireMs ?? 0);
    if (key.endsWith(` ${openId}`)) records[key.split(" ")[0]!] = words.join(" ");
  }
  return records;
}

function keyOf({ broadcastId }: Player, openId: string): string {
  return `${broadcastId} ${openId}`;
}

/** Whether it is good for one message and then gone: for those the books must balance. */
function isOwned({ kind }: ModelConsent): boolean {
  return kind === "once" || kind === "expired";
}

function describe(openId: string, { id, expireMs, standing, attempt }: Claim) {
  return { openId, formId: id, expireMs, multiUse: true, attempt, ...(standing && { standing }) };
}

function describeFinal(
  openId: string,
  { outcome, attempts, errcode, taken }: Final,
  own: boolean,
): ClaimReply {
  return {
    status: "settled",
    own,
    openId,
    outcome,
    attempts,
    atMs: 0,
    ...(errcode !== undefined && { errcode }),
    ...(taken && { formId: taken.id }),
    ...(taken?.standing && { standing: true }),
  };
}

/** What a dry run says besides: how many consents are left, up to 3, which is what a standing one counts. */
function countLeft(left: ModelConsent[], dry: boolean): { left?: number } {
  const worth = left.map((entry) => (entry.kind === "standing" ? 3 : holds(entry) ? 1 : 0));
  return dry
    ? {
        left: Math.min(
          3,
          worth.reduce<number>((sum, one) => sum + one, 0),
        ),
      }
    : {};
}

function holds({ kind }: ModelConsent): boolean {
  return kind === "once" || kind === "standing";
}
