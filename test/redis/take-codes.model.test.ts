import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CodeFate } from "../../src/collector/ports.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Books, LIFE_MS, openBooks } from "./books.ts";

const HOUR_MS = 3_600_000;
const CAP = 4;

let redis: TestRedis;
let books: Books;
beforeAll(async () => {
  redis = await startTestRedis();
  books = await openBooks(redis.url, { cap: CAP });
});
afterAll(async () => {
  books.close();
  await redis.stop();
});

/** An entry of the plain model: `rank` orders by expiry, and what expires at the same hour by when it came. */
interface Item {
  /** What stands in the pool in place of the times. */
  shown: string;
  codes: { id: string; rank: number }[];
  plain: boolean;
}

type Step =
  | { kind: "take"; codes: { id: string; hours: number }[] }
  | { kind: "push"; ids: string[]; hours: number; plain: boolean }
  | { kind: "garbage" }
  | { kind: "pop" }
  | { kind: "send" };

const id = fc.integer({ min: 0, max: 12 }).map((n) => `f${n}`);
/** Whole hours for what is reported, halves for what a backend pushes: nothing depends on milliseconds. */
const hours = fc.oneof(fc.integer({ min: 0, max: 167 }), fc.integer({ min: 160, max: 175 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.record({ id, hours }), { minLength: 1, maxLength: 6 })
      .map((codes) => ({ kind: "take", codes }) as const),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("push"), ids: fc.tuple(id), hours, plain: fc.constant(true) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("push"),
      ids: fc.tuple(id, id),
      hours,
      plain: fc.constant(false),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "garbage" } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "pop" } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "send" } as const) },
);

const LIFE_HOURS = LIFE_MS / HOUR_MS;

class Model {
  items: Item[] = [];
  readonly seen = new Set<string>();
  readonly used = new Set<string>();
  private clock = 0;

  /** Hours of life that are left, and in between the order of arrival. */
  rank(age: number): number {
    return LIFE_HOURS - age + ++this.clock / 1e6;
  }

  take(codes: { id: string; hours: number }[]): CodeFate[] {
    const held = new Set(this.items.flatMap((item) => item.codes.map((code) => code.id)));
    const fresh: Item[] = [];
    const told = new Set<string>();
    const fates = codes.map(({ id, hours }): CodeFate => {
      if (told.has(id)) return "known";
      told.add(id);
      if (held.has(id)) {
        this.seen.add(id);
        return "known";
      }
      if (this.used.has(id)) return "used";
      if (this.seen.has(id)) return "known";
      if (hours >= LIFE_HOURS) return "expired";
      fresh.push({ shown: id, codes: [{ id, rank: this.rank(hours) }], plain: true });
      return "taken";
    });
    const gone = this.chooseDrops(fresh);
    const kept = fresh.filter((item) => !gone.has(item));
    for (const { shown } of kept) this.seen.add(shown);
    if (kept.length > 0) {
      this.trimHead();
      this.items = [...this.items.filter((item) => !gone.has(item)), ...kept];
    }
    const over = new Set(fresh.filter((item) => gone.has(item)).map(({ shown }) => shown));
    return fates.map((fate, i) => (fate === "taken" && over.has(codes[i]!.id) ? "over_cap" : fate));
  }

  private chooseDrops(fresh: Item[]): Set<Item> {
    const isValid = (code: { rank: number }) => code.rank > 0.25;
    const valid = this.items.flatMap((item) => item.codes).filter(isValid).length;
    const over = Math.max(0, valid + fresh.length - CAP);
    const plain = [...this.items.filter((item) => item.plain && isValid(item.codes[0]!)), ...fresh];
    plain.sort((a, b) => a.codes[0]!.rank - b.codes[0]!.rank);
    const gone = new Set(plain.slice(0, over));
    return gone;
  }

  /** Expired codes in front go where the script reads the pool itself. */
  private trimHead(): void {
    if (!this.items.every(({ plain }) => plain)) return;
    const stays = this.items.findIndex((item) => item.codes[0]!.rank > 0.25);
    this.items.splice(0, stays < 0 ? this.items.length : stays);
  }
}

async function play(step: Step, model: Model, n: number): Promise<void> {
  const key = "mina:openid:u";
  if (step.kind === "take") {
    const reports = step.codes.map(({ id, hours }) => ({ formId: id, ageMs: hours * HOUR_MS }));
    const fates = await books.codes.take("u", reports);
    expect(fates).toEqual(model.take(step.codes));
  } else if (step.kind === "push") {
    const nowMs = await redis.open.stores.pools.now();
    const expireMs = nowMs + LIFE_MS - (step.hours + 0.5) * HOUR_MS;
    const entries = step.ids.map((formId) => plainEntry(formId, expireMs));
    const raw = step.plain ? entries[0]! : `[${entries.join(",")}]`;
    const codes = step.ids.map((one) => ({ id: one, rank: model.rank(step.hours + 0.5) }));
    await redis.push("u", raw);
    model.items.push({ shown: step.plain ? step.ids[0]! : raw, codes, plain: step.plain });
  } else if (step.kind === "garbage") {
    await redis.push("u", `garbage ${n}`);
    model.items.push({ shown: `garbage ${n}`, codes: [], plain: false });
  } else {
    await redis.client.lpop(key);
    const item = model.items.shift();
    if (step.kind === "send" && item?.plain) {
      await redis.client.hset(
        `{${key}}:sends`,
        `b${n}`,
        `sent r 1 1795946400000 0 ${item.shown} 1 0 1795946400000`,
      );
      model.used.add(item.shown);
    }
  }
  const shown = (await redis.entries("u")).map((raw) => /^\{"formId":"([^"]+)"/.exec(raw)?.[1] ?? raw);
  expect(shown).toEqual(model.items.map((item) => item.shown));
}

it("does what the plain model does, whatever backends and broadcasts do in between", async () => {
  const check = async (steps: Step[]) => {
    await redis.client.flushall();
    const model = new Model();
    for (const [n, step] of steps.entries()) await play(step, model, n);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), check), { numRuns: 120 });
}, 120_000);
