import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GrantFate } from "../../src/collector/ports.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Books, DAY_MS, openBooks } from "./books.ts";

const MINUTE_MS = 60_000;
const CAP = 3;

let redis: TestRedis;
let books: Books;
beforeAll(async () => {
  redis = await startTestRedis();
  books = await openBooks(redis.url, { consentCap: CAP });
});
afterAll(async () => {
  books.close();
  await redis.stop();
});

type Source = "event" | "report";

/** A prompt is told of by its number, so that one step may tell again what another has told. */
type Step =
  | { kind: "tell"; source: Source; prompt: number }
  | { kind: "withdraw"; key: number; templateIds: readonly string[] }
  | { kind: "pop"; templateId: string; isSent: boolean }
  | { kind: "push"; templateId: string; raw: string };

interface Prompt {
  minutesAgo: number;
  templateIds: readonly string[];
}

const templateId = fc.constantFrom("T", "S");
const templateIds = fc.constantFrom(["T"], ["S"], ["T", "S"]);
/** No two of them are ten minutes apart, so that nothing depends on milliseconds. */
const prompt = fc.record({ minutesAgo: fc.constantFrom(0, 0, 0, 3, 9, 12, 21, 1441), templateIds });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("tell"),
      source: fc.constantFrom<Source>("event", "report"),
      prompt: fc.nat(5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw"), key: fc.nat(2), templateIds }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pop"), templateId, isSent: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("push"),
      templateId,
      raw: fc.constantFrom("not ours", '{ "at":1764000000000, "consent":"theirs" }', "\xac\xed \xff"),
    }),
  },
);

/** What is known of one template. */
class Model {
  pool: string[] = [];
  withdrawnMs = 0;
  private readonly told = new Map<string, { source: Source; atMs: number; isPaired: boolean }>();
  private readonly withdrawals = new Set<number>();

  tell(source: Source, prompt: number, atMs: number, nowMs: number): GrantFate {
    const key = `${source}${prompt}`;
    if (this.told.has(key)) return "known";
    if (atMs <= nowMs - DAY_MS || atMs <= this.withdrawnMs) return "expired";
    const others = [...this.told.values()].filter(
      (one) =>
        one.source !== source &&
        !one.isPaired &&
        one.atMs > this.withdrawnMs &&
        Math.abs(one.atMs - atMs) <= 10 * MINUTE_MS,
    );
    const [oldest] = others.sort((a, b) => a.atMs - b.atMs);
    if (oldest) {
      oldest.isPaired = true;
      this.told.set(key, { source, atMs, isPaired: true });
      return "paired";
    }
    if (this.pool.filter(isConsent).length >= CAP) return "over_cap";
    this.told.set(key, { source, atMs, isPaired: false });
    this.pool.push(`${source[0]}:${key}`);
    return "taken";
  }

  withdraw(key: number, nowMs: number): number {
    if (this.withdrawals.has(key)) return 0;
    this.withdrawals.add(key);
    this.withdrawnMs = nowMs;
    const before = this.pool.length;
    this.pool = this.pool.filter((one) => !isConsent(one));
    return before - this.pool.length;
  }
}

function isConsent(shown: string): boolean {
  return shown.startsWith("e:") || shown.startsWith("r:") || shown.includes("theirs");
}

/** Bytes as they are; of our own the id. */
async function show(template: string): Promise<string[]> {
  const entries = await redis.client.lrangeBuffer(`mina:consent:{u}:${template}`, 0, -1);
  return entries.map((bytes) => {
    const raw = bytes.toString("latin1");
    return /^\{"consent":"([^"]+)"/.exec(raw)?.[1] ?? raw;
  });
}

async function play(step: Step, n: number, game: Game): Promise<void> {
  const { models } = game;
  if (step.kind === "tell") {
    const { atMs, templateIds } = await game.promptOf(step.prompt);
    const key = `${step.source}${step.prompt}`;
    const fates = await books.consents.grant({
      openId: "u",
      source: step.source,
      key,
      when: { atMs },
      templateIds,
    });
    const nowMs = await redis.open.stores.pools.now();
    expect(fates).toEqual(templateIds.map((id) => models[id]!.tell(step.source, step.prompt, atMs, nowMs)));
  } else if (step.kind === "withdraw") {
    await pause();
    const { key, templateIds } = step;
    const counts = await books.consents.withdraw({ openId: "u", key: `w${key}`, templateIds });
    const nowMs = await redis.open.stores.pools.now();
    expect(counts).toEqual(templateIds.map((id) => models[id]!.withdraw(key, nowMs)));
    await pause();
  } else if (step.kind === "push") {
    await redis.client.rpush(`mina:consent:{u}:${step.templateId}`, Buffer.from(step.raw, "latin1"));
    models[step.templateId]!.pool.push(step.raw);
  } else {
    await redis.client.lpop(`mina:consent:{u}:${step.templateId}`);
    const id = models[step.templateId]!.pool.shift();
    const record = `sent r 1 1764000000000 - ${id} - 1 0`;
    if (id && isConsent(id) && step.isSent)
      await redis.client.hset("mina:consent:{u}:sends", `b${n}`, record);
  }
  for (const [id, { pool }] of Object.entries(models)) expect(await show(id)).toEqual(pool);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

class Game {
  readonly models: Record<string, Model> = { T: new Model(), S: new Model() };
  private readonly times = new Map<number, number>();
  private readonly prompts: Prompt[];

  constructor(prompts: Prompt[]) {
    this.prompts = prompts;
  }

  /** A prompt is of the time when it is first told of, or of so many minutes before. */
  async promptOf(n: number): Promise<{ atMs: number; templateIds: readonly string[] }> {
    const { minutesAgo, templateIds } = this.prompts[n % this.prompts.length]!;
    const known = this.times.get(n);
    const atMs = known ?? (await redis.open.stores.pools.now()) - minutesAgo * MINUTE_MS;
    this.times.set(n, atMs);
    return { atMs, templateIds };
  }
}

it("counts each prompt once, in whatever order, and however often, it is told of", async () => {
  const prompts = fc.array(prompt, { minLength: 1, maxLength: 6 });
  const check = async (some: Prompt[], steps: Step[]) => {
    await redis.client.flushall();
    const game = new Game(some);
    for (const [n, step] of steps.entries()) await play(step, n, game);
  };
  const steps = fc.array(step, { minLength: 2, maxLength: 25 });
  await fc.assert(fc.asyncProperty(prompts, steps, check), { numRuns: 100 });
}, 120_000);
