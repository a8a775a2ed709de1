import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PushCode } from "../../src/pool/code.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import readEntryLua from "../../src/redis/lua/read-entry.lua";
import readJavaLua from "../../src/redis/lua/read-java.lua";
import readJsonLua from "../../src/redis/lua/read-json.lua";
import basicsLua from "../../src/redis/lua/share-basics.lua";
import takeCodeLua from "../../src/redis/lua/take-code.lua";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { GARBAGE_FORM_IDS, MS, READABLE, UNREADABLE } from "../pool/forms.ts";
import { CRAFTED } from "../pool/java/crafted.ts";
import { JAVA_READABLE, JAVA_UNREADABLE } from "../pool/java/forms.ts";
import dumpEntriesLua from "./dump-entries.lua";
import { damaged, damagedJava, huge, noise, written } from "./entry-arbitraries.ts";
import { javaStream } from "./java-arbitraries.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

interface Taken {
  code: PushCode;
  /** What taking one use leaves in the entry's place; undefined: nothing. */
  rest: string | undefined;
  own: string;
}

const DUMP = [basicsLua, readJsonLua, readJavaLua, readEntryLua, takeCodeLua, dumpEntriesLua].join("\n");

/** What the scripts read in entries; undefined for one that they don't understand. */
async function readInLua(entries: string[]): Promise<(Taken[] | undefined)[]> {
  const args = entries.map((entry) => Buffer.from(entry, "latin1"));
  const replies = (await redis.client.callBuffer("EVAL", DUMP, 0, ...args)) as Reply[][];
  return replies.map((codes) => (codes.length === 0 ? undefined : codes.map(toTaken)));
}

type Reply = [formId: Buffer, ok: number, expire: Buffer, uses: Buffer, rest: Buffer | null, own: Buffer];

function toTaken([formId, ok, expire, uses, rest, own]: Reply): Taken {
  const code: PushCode = {
    formId: formId.toString("latin1"),
    wellFormed: ok === 1,
    expireMs: Number(expire.toString()),
    ...(uses.toString() === "-" ? {} : { uses: Number(uses.toString()) }),
  };
  return { code, rest: rest?.toString("latin1"), own: own.toString("latin1") };
}

/** The tool's answer in the same shape. */
function codesOf(bytes: string): PushCode[] | undefined {
  const entry = readEntry(bytes);
  return entry.readable ? entry.codes : undefined;
}

/** One batch, one round trip; fast-check shrinks a batch that fails down to the entry in it. */
function holdsFor(
  arbitrary: fc.Arbitrary<string>,
  batch: number,
  runs: number,
  check: (entries: string[]) => Promise<void>,
) {
  const entries = fc.array(arbitrary, { minLength: 1, maxLength: 2 * batch, size: "max" });
  return fc.assert(fc.asyncProperty(entries, check), { numRuns: runs });
}

const FORM_ID = /formId|form_id|fromId/;
const EXPIRE = /(?:expire|expireTime|expiredTime|expire_time)(?![\w-])/;

async function expectSameAnswer(entries: string[]): Promise<void> {
  const inLua = await readInLua(entries);
  for (const [i, bytes] of entries.entries()) {
    // An accident can make a name that the scripts don't know: "ex-pire".
    const isUsual = FORM_ID.test(bytes) && EXPIRE.test(bytes);
    if (!isUsual && !inLua[i] && codesOf(bytes)) continue;
    expect({ bytes, codes: inLua[i]?.map(({ code }) => code) }).toEqual({ bytes, codes: codesOf(bytes) });
  }
}

const EVERY_FORM = [
  ...READABLE.map(([, bytes]) => bytes),
  ...UNREADABLE.map(([, bytes]) => bytes),
  ...CRAFTED.map(([, bytes]) => bytes),
  ...[...JAVA_READABLE, ...JAVA_UNREADABLE].map(([, bytes]) => bytes),
  ...GARBAGE_FORM_IDS.map((formId) => JSON.stringify({ formId, expire: MS })),
];

it("reads every form in Lua as in TypeScript", () => expectSameAnswer(EVERY_FORM));

it.each([
  ["entries as writers mean them", written, 100, 60],
  ["damaged entries", damaged, 100, 60],
  ["random bytes", noise, 200, 25],
  ["Java's streams", javaStream, 100, 60],
  ["damaged Java", damagedJava, 100, 100],
  ["entries about as long as the limit", huge, 5, 25],
])(
  "reads %s in Lua as in TypeScript",
  async (_, arbitrary, batch, runs) => holdsFor(arbitrary, batch, runs, expectSameAnswer),
  60_000,
);

/** What must be left of a list of codes after one use of the one at `k` was taken. */
function withoutUse(codes: PushCode[], k: number): PushCode[] {
  return codes.flatMap((code, i) => {
    if (i !== k) return [code];
    return (code.uses ?? 1) > 1 ? [{ ...code, uses: (code.uses ?? 1) - 1 }] : [];
  });
}

async function expectCleanCuts(entries: string[]): Promise<void> {
  const inLua = await readInLua(entries);
  for (const [i, bytes] of entries.entries()) {
    const codes = codesOf(bytes) ?? [];
    for (const [k, { rest, own }] of (inLua[i] ?? []).entries()) {
      const taken = codes[k]!;
      const one = taken.uses === undefined ? taken : { ...taken, uses: 1 };
      const cut = { bytes, own: codesOf(own), rest: rest === undefined ? [] : codesOf(rest) };
      expect(cut).toEqual({ bytes, own: [one], rest: withoutUse(codes, k) });
      if (rest === undefined) expect({ bytes, own }).toEqual({ bytes, own: bytes });
    }
  }
}

it("cuts one use out of an entry of any form and leaves the rest in that form", async () => {
  await expectCleanCuts(EVERY_FORM);
  await holdsFor(written, 100, 40, expectCleanCuts);
  await holdsFor(javaStream, 100, 20, expectCleanCuts);
});

it("generates what it means to: readable and unreadable entries, lists, uses, double encoding", () => {
  const entries = fc.sample(written, { numRuns: 2000, seed: 1 });
  const read = entries.map((bytes) => ({ bytes, codes: codesOf(bytes) }));
  const share = (test: (one: (typeof read)[number]) => unknown) => read.filter(test).length / read.length;
  expect(share(({ codes }) => codes)).toBeGreaterThan(0.4);
  expect(share(({ codes }) => !codes)).toBeGreaterThan(0.2);
  expect(share(({ codes }) => codes && codes.length > 1)).toBeGreaterThan(0.02);
  expect(share(({ codes }) => codes?.some(({ uses }) => uses))).toBeGreaterThan(0.02);
  expect(share(({ bytes, codes }) => codes && bytes.trim().startsWith('"'))).toBeGreaterThan(0.02);
  for (const [streams, least] of [
    [javaStream, 0.25],
    [damagedJava, 0.01],
  ] as const) {
    const sample = fc.sample(streams, { numRuns: 2000, seed: 1 });
    const readable = sample.filter(codesOf).length / sample.length;
    expect(readable).toBeGreaterThan(least);
    expect(readable).toBeLessThan(0.8);
  }
});
