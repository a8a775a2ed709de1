import fc from "fast-check";
import { expect, it } from "vitest";
import type { PushCode } from "../../src/pool/code.ts";
import { keepCodes, takeUse } from "../../src/pool/cut-entry.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import { damagedJava, huge, written } from "../redis/entry-arbitraries.ts";
import { javaStream } from "../redis/java-arbitraries.ts";
import { GARBAGE_FORM_IDS, MS, READABLE, UNREADABLE } from "./forms.ts";
import { JAVA_READABLE, JAVA_UNREADABLE } from "./java/forms.ts";

const EVERY_FORM = [
  ...READABLE.map(([, bytes]) => bytes),
  ...UNREADABLE.map(([, bytes]) => bytes),
  ...[...JAVA_READABLE, ...JAVA_UNREADABLE].map(([, bytes]) => bytes),
  ...GARBAGE_FORM_IDS.map((formId) => JSON.stringify({ formId, expire: MS })),
];

function codesOf(bytes: string | undefined): PushCode[] | undefined {
  const entry = bytes === undefined ? undefined : readEntry(bytes);
  return entry?.readable ? entry.codes : undefined;
}

/** What must be left of a list of codes after one use of the one at `k` was taken. */
function withoutUse(codes: PushCode[], k: number): PushCode[] {
  return codes.flatMap((code, i) => {
    if (i !== k) return [code];
    return (code.uses ?? 1) > 1 ? [{ ...code, uses: (code.uses ?? 1) - 1 }] : [];
  });
}

function expectCleanCuts(bytes: string): void {
  const codes = codesOf(bytes) ?? [];
  for (const [k, taken] of codes.entries()) {
    const cut = takeUse(bytes, codes, k);
    const one = taken.uses === undefined ? taken : { ...taken, uses: 1 };
    const read = { bytes, own: codesOf(cut?.own), rest: cut?.rest === undefined ? [] : codesOf(cut.rest) };
    expect(read).toEqual({ bytes, own: [one], rest: withoutUse(codes, k) });
    if (cut?.rest === undefined) expect(cut?.own).toBe(bytes);
    const kept = keepCodes(bytes, codes, [k]);
    expect({ bytes, kept: codesOf(kept) }).toEqual({ bytes, kept: [taken] });
  }
}

it("cuts one use out of an entry of every form and leaves the rest in that form", () => {
  for (const bytes of EVERY_FORM) expectCleanCuts(bytes);
});

it.each([
  ["entries as writers mean them", written, 4000],
  ["Java's streams", javaStream, 1000],
  ["damaged Java", damagedJava, 1000],
  ["entries about as long as the limit", huge, 25],
])(
  "does so with %s",
  (_, arbitrary, numRuns) => {
    fc.assert(fc.property(arbitrary, expectCleanCuts), { numRuns });
  },
  60_000,
);

it.each([
  ["uses before and after other digits", '{"x":3,"uses":3,"expire":4102444800000,"formId":"3","y":[3]}', 0],
  ["uses twice, of which the last counts", '{"uses":3,"uses":3,"expire":4102444800000,"formId":"a"}', 0],
  ["uses wrapped with their type", '{"uses":["java.lang.Integer",3],"expire":4102444800000,"formId":"a"}', 0],
  [
    "uses with an L",
    '[{"uses":3L,"expire":4102444800000,"formId":"a"},{"expire":4102444800000,"formId":"b"}]',
    0,
  ],
  ["uses before the same digit of a scene", '{"scene":3,"uses":3,"expire":4102444800000,"formId":"a"}', 0],
])("changes just the digits that count: %s", (_, bytes, k) => {
  const cut = takeUse(bytes, codesOf(bytes)!, k);
  expect(codesOf(cut?.rest)![k]!.uses).toBe(2);
  expect(cut?.rest?.length).toBe(bytes.length);
});

it("generates what it means to: readable and unreadable entries, lists, uses, double encoding", () => {
  const read = fc
    .sample(written, { numRuns: 2000, seed: 1 })
    .map((bytes) => ({ bytes, codes: codesOf(bytes) }));
  const share = (test: (one: (typeof read)[number]) => unknown) => read.filter(test).length / read.length;
  expect(share(({ codes }) => codes)).toBeGreaterThan(0.4);
  expect(share(({ codes }) => !codes)).toBeGreaterThan(0.2);
  expect(share(({ codes }) => codes && codes.length > 1)).toBeGreaterThan(0.02);
  expect(share(({ codes }) => codes?.some(({ uses }) => uses))).toBeGreaterThan(0.02);
  expect(share(({ bytes, codes }) => codes && bytes.trim().startsWith('"'))).toBeGreaterThan(0.02);
});
