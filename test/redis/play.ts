import { expect } from "vitest";
import type { ClaimReply, Ledger, Settlement } from "../../src/broadcast/ports.ts";
import type { PoolStore } from "../../src/pool/ports.ts";
import type { TestRedis } from "../helpers/redis.ts";
import { buildEntry, type Draft } from "./draft-arbitraries.ts";
import { Model } from "./model.ts";
import { type Client, type ModelCode, type ModelEntry, recordKey, render } from "./model-entry.ts";
import { type PurgeSums, purgeToTheEnd } from "./purge-to-the-end.ts";
import { CLIENTS, type Step, USERS, type Whose } from "./step-arbitraries.ts";

/** Runs of two broadcasts: one that others believe dead, those that take over, one that tries again what failed. */
const PLAYERS: Client[] = [
  { broadcastId: "b1", runId: "runa", deadRuns: [], retry: [] },
  { broadcastId: "b1", runId: "runb", deadRuns: [], retry: [] },
  { broadcastId: "b1", runId: "runc", deadRuns: ["runx", "runa"], retry: [] },
  { broadcastId: "b2", runId: "runa", deadRuns: [], retry: [] },
  { broadcastId: "b1", runId: "rune", deadRuns: ["runb", "runc"], retry: ["unknown", "failed"] },
];

const DAY_MS = 24 * 3600 * 1000;

/** How a record says what a code is good for: 3 and 4 are Baidu's payments. */
function digitOf({ uses, scene, formId }: ModelCode): number {
  if (scene !== undefined) return scene + 1;
  return uses !== undefined || /^wx\d{14}/.test(formId) ? 1 : 0;
}

/** Plays one sequence of steps against the real scripts and the model side by side, comparing every answer. */
export class Game {
  readonly model = new Model();
  readonly openIds: string[];
  private readonly redis: TestRedis;
  private readonly name: string;
  private readonly pools: PoolStore;
  private readonly ledgers: { real: Ledger; dry: Ledger }[];
  private readonly pushed: ModelEntry[] = [];
  private readonly refused = new Map<string, string>();
  private serial = 0;

  constructor(redis: TestRedis, name: string) {
    const { stores } = redis.open;
    this.redis = redis;
    this.name = name;
    this.openIds = Array.from({ length: USERS }, (_, i) => `o-${name}%d.${i}`);
    this.pools = stores.pools;
    this.ledgers = PLAYERS.slice(0, CLIENTS).map((player) => ({
      real: stores.ledger({ ...player, deadRuns: new Set(player.deadRuns) }),
      dry: stores.ledger({ ...player, deadRuns: new Set(player.deadRuns), dryRun: true }),
    }));
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case "push":
        return this.push(
          step.user,
          step.entries.map((draft) => this.build(draft)),
        );
      case "push again":
        return this.push(step.user, this.pushed.slice(step.pick, step.pick + 1));
      case "import":
        return this.import(step.user, step.fresh);
      case "claim":
        return this.claim(step);
      case "next":
        return this.next(step);
      case "settle":
        return this.settle(step);
      case "release":
        return this.release(step);
      case "settle returning":
        return this.settleReturning(step);
      case "purge":
        return this.purge(step);
    }
  }

  /** What is in Redis is what the model says, byte for byte; only ledgers ever expire; no use got lost or doubled. */
  async check(): Promise<void> {
    const { pushed, accounted } = this.model.balance;
    expect(accounted).toBe(pushed);
    for (const openId of this.openIds) {
      expect(await this.redis.entries(openId)).toEqual(this.model.pool(openId).map(render));
      await this.checkLedger(openId);
      const ttl = await this.redis.client.pttl(`mina:openid:${openId}`);
      expect(ttl).toBe(this.model.pool(openId).length === 0 ? -2 : -1);
    }
    this.checkUses();
  }

  private async checkLedger(openId: string): Promise<void> {
    const key = `{mina:openid:${openId}}:sends`;
    const records = await this.redis.client.hgetallBuffer(key);
    const got = Object.entries(records).map(([id, record]) => [
      id,
      record.toString("latin1").replace(AT, "$1 AT "),
    ]);
    expect(Object.fromEntries(got)).toEqual(this.expectedRecords(openId));
    if (got.length === 0) return;
    const ttl = await this.redis.client.pttl(key);
    expect(ttl).toBeGreaterThan(8 * DAY_MS - 600_000);
    expect(ttl).toBeLessThanOrEqual(8 * DAY_MS);
  }

  private expectedRecords(openId: string): Record<string, string> {
    const records: Record<string, string> = {};
    for (const [key, { run, attempt, code, own, cut, k }] of this.model.claims) {
      const [id = "", user] = key.split(" ");
      if (user !== openId) continue;
      const multi = digitOf(code);
      const bytes = own ? render(own) : "";
      const words = ["claimed", run, attempt, "AT", multi, k, code.expireMs, code.formId, bytes.length];
      records[id] = `${words.join(" ")}\n${bytes}${cut ? render(cut.source) : ""}`;
    }
    for (const [key, { run, outcome, attempts, code, errcode, msgid }] of this.model.finals) {
      const [id = "", user] = key.split(" ");
      if (user !== openId) continue;
      const multi = code ? digitOf(code) : 0;
      const words = [
        outcome,
        run,
        attempts,
        "AT",
        errcode ?? "-",
        code?.formId ?? "-",
        msgid ?? "-",
        multi,
        code?.expireMs ?? 0,
      ];
      records[id] = words.join(" ");
    }
    return records;
  }

  /** Pools and claims together never hold more uses of a formId than were pushed: no code is held twice. */
  private checkUses(): void {
    const pushed = countUses(this.pushed.flatMap(({ codes }) => codes));
    const left = this.openIds.flatMap((openId) => this.model.pool(openId)).flatMap(({ codes }) => codes);
    const claimed = [...this.model.claims.values()].map(({ code }) => ({ ...code, uses: 1 }));
    for (const [formId, uses] of countUses([...left, ...claimed]))
      expect(uses).toBeLessThanOrEqual(pushed.get(formId) ?? 0);
  }

  private build(draft: Draft): ModelEntry {
    return buildEntry(draft, () => `${this.name}_${this.serial++}`);
  }

  private async push(user: number, entries: ModelEntry[]): Promise<void> {
    if (entries.length === 0) return;
    this.pushed.push(...entries);
    this.model.push(this.openIds[user]!, entries);
    await this.redis.push(this.openIds[user]!, ...entries.map(render));
  }

  private async import(user: number, fresh: boolean[]): Promise<void> {
    const openId = this.openIds[user]!;
    const entries = fresh.map((isFresh) =>
      plainEntry(isFresh ? `i${this.name}_${this.serial++}` : `i${this.name}`),
    );
    this.pushed.push(...entries);
    const codes = entries.map((entry) => ({ formId: entry.codes[0]!.formId, entry: render(entry) }));
    expect(await this.pools.push([{ openId, codes }])).toEqual([this.model.pushKnown(openId, entries)]);
  }

  private async claim({ client, users, sighting, dry }: Extract<Step, { do: "claim" }>): Promise<void> {
    const openIds = users.map((user) => this.openIds[user]!);
    const ledger = this.ledgers[client]![dry ? "dry" : "real"];
    const replies = await ledger.claim(openIds, sighting);
    const expected = openIds.map((openId) => this.model.claim(PLAYERS[client]!, openId, sighting, dry));
    expect(replies.map(withoutTime)).toEqual(expected.map(withoutTime));
  }

  /** The number of the run that a step is about. */
  private player({ client, holder }: Whose, user: number): number {
    const openId = this.openIds[user]!;
    const holders = PLAYERS.map(
      (player) => this.model.claims.get(recordKey(player, openId))?.run === player.runId,
    );
    return holder && holders.includes(true) ? holders.indexOf(true) : client;
  }

  private async next({ whose, user, stale, errcode }: Extract<Step, { do: "next" }>): Promise<void> {
    const openId = this.openIds[user]!;
    const client = this.player(whose, user);
    const player = PLAYERS[client]!;
    const held = this.model.claims.get(recordKey(player, openId))?.code.formId;
    const formId = (stale ? this.refused.get(openId) : held) ?? "no-such-code";
    this.refused.set(openId, formId);
    const reply = await this.ledgers[client]!.real.next(openId, formId, errcode);
    expect(reply).toEqual(this.model.next(player, openId, formId, errcode));
  }

  private async settle({
    whose,
    users,
    outcome,
    errcode,
    msgid,
  }: Extract<Step, { do: "settle" }>): Promise<void> {
    const client = this.player(whose, users[0]!);
    const settlements = users.map(
      (user, i): Settlement => ({ openId: this.openIds[user]!, outcome, attempts: i + 1, errcode, msgid }),
    );
    const done = await this.ledgers[client]!.real.settle(settlements);
    expect(done).toEqual(settlements.map((settlement) => this.model.settle(PLAYERS[client]!, settlement)));
  }

  private async release({ whose, users }: Extract<Step, { do: "release" }>): Promise<void> {
    const openIds = users.map((user) => this.openIds[user]!);
    const client = this.player(whose, users[0]!);
    const done = await this.ledgers[client]!.real.release(openIds);
    expect(done).toEqual(openIds.map((openId) => this.model.release(PLAYERS[client]!, openId)));
  }

  private async settleReturning({
    whose,
    user,
    outcome,
    errcode,
  }: Extract<Step, { do: "settle returning" }>): Promise<void> {
    const settlement: Settlement = { openId: this.openIds[user]!, outcome, attempts: 2, errcode };
    const client = this.player(whose, user);
    const done = await this.ledgers[client]!.real.settleReturning(settlement);
    expect(done).toBe(this.model.settleReturning(PLAYERS[client]!, settlement));
  }

  private async purge({ users, dry, maxCommands }: Extract<Step, { do: "purge" }>): Promise<void> {
    const openIds = users.map((user) => this.openIds[user]!);
    const sums = await purgeToTheEnd(this.pools, openIds, dry, maxCommands);
    const expected = openIds.map((openId) => this.model.purge(openId, dry));
    expect(sums).toEqual(expected.reduce(addPurges));
  }
}

/** The time in a record: of a claim, and of a final one. */
const AT = /^(\S+ \S+ \d+) \d{13} /;

function addPurges(a: PurgeSums, b: PurgeSums): PurgeSums {
  return {
    scanned: a.scanned + b.scanned,
    changed: a.changed + b.changed,
    removed: a.removed + b.removed,
    expired: a.expired + b.expired,
    unreadable: a.unreadable + b.unreadable,
  };
}

function plainEntry(formId: string): ModelEntry {
  const expireMs = 4_102_444_800_000;
  const before = JSON.stringify({ formId, expire: expireMs });
  return {
    head: "",
    codes: [{ formId, kind: "valid", expireMs, uses: undefined, before, after: "", gap: "" }],
    tail: "",
  };
}

function countUses(codes: ModelCode[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { formId, uses } of codes) sums.set(formId, (sums.get(formId) ?? 0) + (uses ?? 1));
  return sums;
}

function withoutTime(reply: ClaimReply): ClaimReply {
  if (reply.status === "settled") return { ...reply, atMs: 0 };
  if (reply.status !== "claimed" && reply.status !== "mine") return reply;
  const { firstAgoMs: _, ...rest } = reply;
  return rest;
}
