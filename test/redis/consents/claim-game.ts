import { expect } from "vitest";
import type { ClaimReply, Ledger } from "../../../src/broadcast/ports.ts";
import type { TestRedis } from "../../helpers/redis.ts";
import { ClaimModel, type Player, recordsOf } from "./claim-model.ts";
import { buildConsents, PLAYERS, type Step, USERS } from "./claim-steps.ts";

/** The time in a record: of a claim, and of a final one. */
export const AT = /^(\S+ \S+ \d+) (\d{13}) /;

/** Plays a sequence of steps against the real claims and the model side by side, comparing every answer and every byte. */
export class ClaimGame {
  readonly model = new ClaimModel();
  readonly openIds: string[];
  private readonly redis: TestRedis;
  private readonly name: string;
  private readonly maxAgeMs: number | undefined;
  private readonly ledgers: { real: Ledger; dry: Ledger }[];
  private readonly nowMs: number;
  /** Who has a claim, or had one that was not put back. */
  private readonly reached = new Set<string>();
  private serial = 0;

  constructor(redis: TestRedis, name: string, { maxAgeMs, nowMs }: { maxAgeMs?: number; nowMs: number }) {
    this.redis = redis;
    this.name = name;
    this.maxAgeMs = maxAgeMs;
    this.nowMs = nowMs;
    this.openIds = Array.from({ length: USERS }, (_, i) => `o${name}-${i}`);
    this.ledgers = PLAYERS.map((player) => {
      const { templateId } = player;
      const { ledger } = redis.open.stores.sends({ keyPrefix: "mina:", templateId, maxAgeMs });
      const options = { ...player, deadRuns: new Set(player.deadRuns), retry: [...player.retry] };
      return { real: ledger(options), dry: ledger({ ...options, dryRun: true }) };
    });
  }

  async play(step: Step): Promise<void> {
    if (step.do === "push") await this.push(step);
    else if (step.do === "claim") await this.claim(step);
    else if (step.do === "age") await this.age(step);
    else await this.end(step);
    await this.check();
  }

  /** What is in Redis is what the model says, byte for byte. */
  private async check(): Promise<void> {
    const { pushed, accounted } = this.model.balance;
    expect(accounted).toBe(pushed);
    const { client } = this.redis;
    for (const openId of this.openIds) {
      for (const templateId of ["T", "S"]) {
        const entries = await client.lrangeBuffer(poolKey(templateId, openId), 0, -1);
        const expected = this.model.pool(templateId, openId).map(({ bytes }) => bytes);
        expect(entries.map((bytes) => bytes.toString("latin1"))).toEqual(expected);
      }
      const records = Object.entries(await client.hgetallBuffer(ledgerKey(openId)));
      const got = records.map(([id, bytes]) => [id, bytes.toString("latin1").replace(AT, "$1 AT ")]);
      expect(Object.fromEntries(got)).toEqual(recordsOf(this.model, openId));
    }
  }

  private async push({ user, template, drafts }: Extract<Step, { do: "push" }>): Promise<void> {
    const openId = this.openIds[user]!;
    const newId = () => `c${this.name}.${this.serial++}`;
    const given = { maxAgeMs: this.maxAgeMs, nowMs: this.nowMs, newId };
    const entries = drafts.flatMap((draft) => buildConsents(draft, given));
    this.model.push(template, openId, entries);
    const bytes = entries.map((entry) => Buffer.from(entry.bytes, "latin1"));
    await this.redis.client.rpush(poolKey(template, openId), ...bytes);
  }

  private async claim({ player, users, dry }: Extract<Step, { do: "claim" }>): Promise<void> {
    const openIds = users.map((user) => this.openIds[user]!);
    const by = PLAYERS[player]!;
    const replies = await this.ledgers[player]![dry ? "dry" : "real"].claim(openIds);
    expect(replies.map(withoutTime)).toEqual(openIds.map((openId) => this.model.claim(by, openId, dry)));
    for (const reply of replies) {
      if (reply.status !== "claimed" || dry || reply.attempt > 1 || reply.retried === "failed") continue;
      const key = `${by.broadcastId} ${reply.openId}`;
      expect(this.reached, "claimed twice in a broadcast").not.toContain(key);
      this.reached.add(key);
    }
  }

  private async end(step: Exclude<Step, { do: "push" | "claim" | "age" }>): Promise<void> {
    const openId = this.openIds[step.user]!;
    const player = this.playerOf(step.player, step.holder, openId);
    const by = PLAYERS[player]!;
    const { real } = this.ledgers[player]!;
    if (step.do === "settle") {
      const [done] = await real.settle([{ openId, outcome: step.outcome, attempts: 1 }]);
      expect(done).toBe(this.model.settle(by, openId, step.outcome, 1));
    } else if (step.do === "release") {
      const [done] = await real.release([openId]);
      expect(done).toBe(this.model.release(by, openId));
      if (done) this.reached.delete(`${by.broadcastId} ${openId}`);
    } else if (step.do === "settle returning") {
      const done = await real.settleReturning({ openId, outcome: "rejected", attempts: 2, errcode: 40003 });
      expect(done).toBe(this.model.settleReturning(by, openId, "rejected", 2, 40003));
    } else {
      const done = await real.settleClearing({ openId, outcome: "rejected", attempts: 1, errcode: 43101 });
      expect(done).toEqual(this.model.settleClearing(by, openId, "rejected", 1, 43101));
    }
  }

  /** Makes the claims of a user older than they are. */
  private async age({ user, ms }: Extract<Step, { do: "age" }>): Promise<void> {
    const openId = this.openIds[user]!;
    this.model.age(openId, ms);
    const key = ledgerKey(openId);
    for (const [id, bytes] of Object.entries(await this.redis.client.hgetallBuffer(key))) {
      const record = bytes.toString("latin1");
      if (!record.startsWith("claimed ")) continue;
      const older = record.replace(AT, (_, head, at) => `${head} ${Number(at) - ms} `);
      await this.redis.client.hset(key, id, Buffer.from(older, "latin1"));
    }
  }

  /** The number of the run that a step is about: mostly one that holds the user. */
  private playerOf(player: number, holder: boolean, openId: string): number {
    const holds = ({ broadcastId, runId }: Player) =>
      this.model.claims.get(`${broadcastId} ${openId}`)?.run === runId;
    const holders = PLAYERS.flatMap((one, i) => (holds(one) ? [i] : []));
    return holder && holders.length > 0 ? holders[player % holders.length]! : player;
  }
}

export function poolKey(templateId: string, openId: string): string {
  return `mina:consent:{${openId}}:${templateId}`;
}

export function ledgerKey(openId: string): string {
  return `mina:consent:{${openId}}:sends`;
}

function withoutTime(reply: ClaimReply): ClaimReply {
  if (reply.status === "settled") return { ...reply, atMs: 0 };
  if (reply.status !== "claimed" && reply.status !== "mine") return reply;
  const { firstAgoMs: _, ...rest } = reply;
  return rest;
}
