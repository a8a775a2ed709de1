import { describe, expect, it } from "vitest";
import { claimScript } from "../../src/redis/backend-script.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { BACKENDS, formIdOf } from "./backends.ts";
import { beginPools, purgeToTheEnd } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

/**
 * What becomes of a pool's codes when push-cli is at work between two steps of a backend. Each play is deterministic: the
 * backend reads, push-cli does one thing, the backend goes on. src/help/guarantees.md has the table.
 */
const redis = useTestRedis();

const POOL = "mina:openid:u";
const entry = (formId: string) => plainEntry(formId, formId === "old" ? PAST : FAR);

/** What goes wrong with which codes; each kind of harm that is not listed did not happen. */
interface Harm {
  /** Valid, used by nobody, and gone. */
  lost?: string[];
  /** Taken by both: the platform refuses one of them. */
  twice?: string[];
  /** Used, and still in the pool: refused to whoever takes it next. */
  stale?: string[];
}

function ledgerOf(broadcastId: string) {
  return redis.open.stores.ledger({ broadcastId, runId: "r" });
}

/** Takes the user's next code, for a broadcast of its own each time; its formId. */
async function claim(broadcastId = "b"): Promise<string[]> {
  const [reply] = await ledgerOf(broadcastId).claim(["u"]);
  return reply?.status === "claimed" ? [reply.formId] : [];
}

/** Between the backend's steps; returns the codes that push-cli has used, of the pool [old, a, b, c]. */
const BETWEEN = {
  "push-cli claims": () => claim(),
  "push-cli puts back x": async () => {
    await ledgerOf("before").release(["u"]);
    return [];
  },
  "push-cli purges": async () => {
    await purgeToTheEnd(redis.open.stores.pools, ["u"], false);
    return [];
  },
  "somebody pushes d": async () => {
    await redis.push("u", entry("d"));
    return [];
  },
};
type Between = keyof typeof BETWEEN;

/** One play: the harm that was done to the codes. */
async function play(backend: (typeof BACKENDS)[number], between: Between): Promise<Harm> {
  const valid = ["a", "b", "c"];
  if (between === "push-cli puts back x") {
    await redis.push("u", entry("x"));
    expect(await claim("before")).toEqual(["x"]);
    valid.push("x");
  }
  if (between === "somebody pushes d") valid.push("d");
  await redis.push("u", ...["old", "a", "b", "c"].map(entry));
  const goOn = await backend.read(redis.client, POOL);
  const ours = await BETWEEN[between]();
  const theirs = await goOn(claimScript().source);
  const left = (await redis.entries("u")).map(formIdOf);
  expect(await redis.client.pttl(POOL)).toBe(left.length > 0 ? -1 : -2);
  const used = theirs === undefined ? ours : [...ours, theirs];
  return withoutEmpty({
    lost: valid.filter((code) => !left.includes(code) && !used.includes(code)),
    twice: ours.filter((code) => code === theirs),
    stale: left.filter((code) => used.includes(code)),
  });
}

function withoutEmpty(harm: Required<Harm>): Harm {
  return Object.fromEntries(Object.entries(harm).filter(([, codes]) => codes.length > 0));
}

const NONE: Record<Between, Harm> = {
  "push-cli claims": {},
  "push-cli puts back x": {},
  "push-cli purges": {},
  "somebody pushes d": {},
};

/** By the name of the backend's way; NONE for those that are safe. */
const HARM: Record<string, Record<Between, Harm>> = {
  "LRANGE, then LTRIM n -1": {
    ...NONE,
    "push-cli claims": { lost: ["b", "c"], twice: ["a"] },
    "push-cli puts back x": { lost: ["x"], stale: ["a"] },
    "push-cli purges": { lost: ["b"] },
  },
  "LRANGE, then LTRIM n to the length read": {
    "push-cli claims": { lost: ["b", "c"], twice: ["a"] },
    "push-cli puts back x": { lost: ["c", "x"], stale: ["a"] },
    "push-cli purges": { lost: ["b"] },
    "somebody pushes d": { lost: ["d"] },
  },
  "LINDEX 0, then LPOP": {
    ...NONE,
    "push-cli claims": { lost: ["b"] },
    "push-cli puts back x": { lost: ["x"] },
    "push-cli purges": { lost: ["a"] },
  },
  "LRANGE, then DEL and RPUSH of the rest": {
    ...NONE,
    "push-cli claims": { twice: ["a"] },
    "push-cli puts back x": { lost: ["x"] },
    "somebody pushes d": { lost: ["d"] },
  },
  "LRANGE, then LREM, its answer not looked at": { ...NONE, "push-cli claims": { twice: ["a"] } },
};

it("knows every way by its name", () => {
  const names = BACKENDS.map(({ name }) => name);
  expect(Object.keys(HARM).filter((name) => !names.includes(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(Object.keys(HARM).length);
});

describe.each(BACKENDS)("a backend by $name", (backend) => {
  it.each(Object.keys(BETWEEN) as Between[])("while %s", async (between) => {
    expect(await play(backend, between)).toEqual((HARM[backend.name] ?? NONE)[between]);
  });
});

/** A long pool takes several calls, each from the index where the one before stopped; the backend pops in between. */
describe("a backend that pops while push-cli goes through a long pool", () => {
  const odd = Array.from({ length: 900 }, (_, i) => `odd ${i}`);
  const popMany = (count: number) => redis.client.ltrim(POOL, count, -1);
  const claimFrom = (from: number) => redis.client.eval(claimScript().source, 1, POOL, from);

  it("makes a claim miss a code that moved to where it has looked already; the code stays for the next", async () => {
    await redis.push("u", ...odd.slice(0, 450), entry("a"));
    expect(await claimFrom(0)).toEqual([2, 400]);
    await popMany(60);
    expect(await claimFrom(400)).toEqual([0]);
    expect(await redis.entries("u")).toEqual([...odd.slice(60, 450), entry("a")]);
    expect(await claimFrom(0)).toEqual([1, "a", String(FAR), entry("a")]);
  });

  it("makes a purge miss an expired code; nothing else goes, and the next purge finds it", async () => {
    const { pools } = redis.open.stores;
    await redis.push("u", ...odd, entry("old"), entry("a"));
    const { open } = await pools.purge(beginPools(["u"]), { dryRun: false });
    const from = open[0]!.from;
    expect(from).toBeGreaterThan(2);
    const popped = odd.length + 2 - from;
    await popMany(popped);
    expect(await pools.purge(open, { dryRun: false })).toMatchObject({ scanned: 1, expired: 0, open: [] });
    expect(await redis.entries("u")).toEqual([...odd.slice(popped), entry("old"), entry("a")]);
    expect(await purgeToTheEnd(pools, ["u"], false)).toMatchObject({ expired: 1 });
  });
});
