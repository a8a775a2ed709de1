import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { createKeys } from "../../src/redis/keys.ts";
import { createLedger } from "../../src/redis/ledger-store.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { createPoolStore } from "../../src/redis/pool-store.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { buildEntry, draft } from "./draft-arbitraries.ts";
import { type ModelEntry, render } from "./model-entry.ts";
import { purgeToTheEnd } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

/* What is read, and changed a moment later, while others write: here they write in every such moment. */

const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
const POOL = "mina:openid:u";

let redis: TestRedis;
let link: RedisLink;
/** What others do before the next changes, one call each. */
let meanwhile: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  const own = await connectRedis({ url: redis.server.url, shownUrl: redis.server.url });
  link = {
    ...own,
    runBatch: async (script, users, plan, unpack) => {
      if (script.name === "change-users") await meanwhile.shift()?.();
      return own.runBatch(script, users, plan, unpack);
    },
  };
});
afterAll(async () => {
  link.close();
  await redis.stop();
});
beforeEach(async () => {
  meanwhile = [];
  await redis.client.flushall();
});

const ledger = (): Ledger => createLedger(link, keys, { broadcastId: "b", runId: "r" });
const rival = (): Ledger => redis.open.stores.ledger({ broadcastId: "b2", runId: "r2" });
const list = (...ids: string[]) => `[${ids.map((id) => plainEntry(id, FAR)).join(",")}]`;

type Move = "push" | "pop" | "pop last" | "remove" | "claim" | "put back" | "purge" | "nothing";
const move = fc.constantFrom<Move>(
  "push",
  "pop",
  "pop last",
  "remove",
  "claim",
  "put back",
  "purge",
  "nothing",
);
const game = fc.record({
  drafts: fc.array(draft, { minLength: 1, maxLength: 6 }),
  moves: fc.array(move, { minLength: 1, maxLength: 5 }),
  after: fc.constantFrom("settle", "release", "next", "next", "purge", "nothing"),
});

/** Uses of each formId; of an entry that is not understood, how often its bytes were met. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string, count: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  addEntry(bytes: string): void {
    const entry = readEntry(bytes);
    if (!entry.readable) this.add(`bytes ${bytes}`, 1);
    else
      for (const { formId, expireMs, uses = 1 } of entry.codes) if (expireMs > PAST) this.add(formId, uses);
  }

  /** What one has and the other has not. */
  minus(other: Tally): [string, number][] {
    const names = new Set([...this.counts.keys(), ...other.counts.keys()]);
    const rest = [...names].map((name): [string, number] => [
      name,
      (this.counts.get(name) ?? 0) - (other.counts.get(name) ?? 0),
    ]);
    return rest.filter(([, count]) => count !== 0);
  }
}

/** One sequence: everything that was pushed is somewhere in the end, and nowhere twice. */
class Play {
  readonly pushed = new Tally();
  readonly taken = new Tally();
  readonly refused: string[] = [];
  private serial = 0;

  build(entry: Parameters<typeof buildEntry>[0]): string {
    const built: ModelEntry = buildEntry(entry, () => `s${this.serial++}`);
    return render(built);
  }

  async push(...entries: string[]): Promise<void> {
    for (const entry of entries) this.pushed.addEntry(entry);
    await redis.push("u", ...entries);
  }

  take(bytes: Buffer | null): void {
    if (bytes) this.taken.addEntry(bytes.toString("latin1"));
  }

  readonly moves: Record<Move, () => Promise<unknown>> = {
    nothing: async () => undefined,
    push: () => this.push(plainEntry(`new${this.serial++}`, FAR)),
    pop: async () => this.take(await redis.client.lpopBuffer(POOL)),
    "pop last": async () => this.take(await redis.client.rpopBuffer(POOL)),
    remove: async () => {
      const bytes = await redis.client.lindexBuffer(POOL, 1);
      if (bytes && (await redis.client.lrem(POOL, 1, bytes)) === 1) this.take(bytes);
    },
    claim: () => rival().claim(["u"]),
    "put back": () => rival().release(["u"]),
    purge: () => purgeToTheEnd(redis.open.stores.pools, ["u"], false),
  };

  /** Pool, claims and what was taken are what was pushed, but for expired and refused codes. */
  async check(): Promise<void> {
    const found = new Tally();
    for (const [name, count] of this.taken.counts) found.add(name, count);
    for (const entry of await redis.entries("u")) found.addEntry(entry);
    for (const record of await redis.client.hvals("{mina:openid:u}:sends")) {
      const formId = /^(?:claimed|sent) \S+ \d+ \d+ (?:\d \d+ -?\d+|\S+) (\S+) /.exec(record)?.[1];
      if (formId !== undefined) found.add(formId, 1);
    }
    const missing = this.pushed.minus(found).filter(([name]) => !this.refused.includes(name));
    expect(missing).toEqual([]);
  }
}

it("loses no code and takes none twice, whatever others do between reading a pool and changing it", async () => {
  let conflicts = 0;
  const play = async ({
    drafts,
    moves,
    after,
  }: {
    drafts: Parameters<Play["build"]>[0][];
    moves: Move[];
    after: string;
  }) => {
    await redis.client.flushall();
    const one = new Play();
    await one.push(...drafts.map((each) => one.build(each)));
    meanwhile = moves.map((name) => one.moves[name]);
    const [reply] = await ledger().claim(["u"]);
    if (moves.length - meanwhile.length > 1) conflicts++;
    if (reply?.status === "claimed" && after === "settle") {
      expect(await ledger().settle([{ openId: "u", outcome: "sent", attempts: 1 }])).toEqual([true]);
    }
    if (reply?.status === "claimed" && after === "release")
      expect(await ledger().release(["u"])).toEqual([true]);
    if (reply?.status === "claimed" && after === "next") {
      one.refused.push(reply.formId);
      expect(await ledger().next("u", reply.formId, 41029)).toBeDefined();
    }
    if (after === "purge") await purgeToTheEnd(createPoolStore(link, keys), ["u"], false);
    await one.check();
  };
  await fc.assert(fc.asyncProperty(game, play), { numRuns: 1500 });
  // Or it would say nothing.
  expect(conflicts).toBeGreaterThan(30);
}, 180_000);

describe("between reading and changing", () => {
  it("a code that was taken is not taken again: the claim gets the next", async () => {
    await redis.push("u", list("a", "b"));
    meanwhile = [() => rival().claim(["u"])];
    expect(await ledger().claim(["u"])).toMatchObject([{ status: "claimed", formId: "b" }]);
    expect(await redis.entries("u")).toEqual([]);
  });

  it("a user whom another run has claimed is that run's", async () => {
    await redis.push("u", list("a", "b"));
    const other = redis.open.stores.ledger({ broadcastId: "b", runId: "other" });
    meanwhile = [() => other.claim(["u"])];
    expect(await ledger().claim(["u"])).toEqual([{ status: "busy", openId: "u", run: "other" }]);
    expect(await redis.entries("u")).toEqual([list("b")]);
  });

  it("a code that is pushed is found by whoever was about to be without one", async () => {
    await redis.push("u", list("a"));
    await ledger().claim(["u"]);
    meanwhile = [() => redis.push("u", list("b"))];
    expect(await ledger().next("u", "a", 41029)).toMatchObject({ status: "claimed", formId: "b" });
  });

  it("a code that expires is dropped", async () => {
    const soon = (await link.now()) + 1500;
    await redis.push("u", `[${plainEntry("a", soon)},${plainEntry("b", FAR)}]`);
    meanwhile = [async () => new Promise((resolve) => setTimeout(resolve, 2000))];
    expect(await ledger().claim(["u"])).toMatchObject([{ status: "claimed", formId: "b", expired: 1 }]);
  });

  it("a release puts a code back once", async () => {
    await redis.push("u", list("a", "b"));
    await ledger().claim(["u"]);
    meanwhile = [() => ledger().release(["u"])];
    await ledger().release(["u"]);
    expect(await redis.entries("u")).toEqual([list("a", "b")]);
  });

  it("a pool that others change each time ends the claim with an error, and is left whole", async () => {
    await redis.push("u", list("a", "b"));
    const swap = async () => {
      await redis.client.lset(
        POOL,
        0,
        (await redis.entries("u"))[0] === list("a", "b") ? list("b", "a") : list("a", "b"),
      );
    };
    meanwhile = Array.from({ length: 200 }, () => swap);
    await expect(ledger().claim(["u"])).rejects.toThrow(/'u' keeps changing/);
    expect((await redis.entries("u"))[0]).toMatch(/"a".*"b"|"b".*"a"/);
    expect(await redis.client.exists("{mina:openid:u}:sends")).toBe(0);
  });
});
