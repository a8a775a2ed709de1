import { expect, it } from "vitest";
import { readEntry } from "../../src/pool/read-entry.ts";
import { addEntry, emptySummary, listCodes } from "../../src/pool/summary.ts";
import { GARBAGE_FORM_IDS, JAVA_ENTRY, MS, READABLE, UNREADABLE } from "./forms.ts";

function summarize(entries: string[], nowMs: number) {
  const summary = emptySummary();
  for (const bytes of entries) addEntry(summary, readEntry(bytes), nowMs);
  return summary;
}

it.each(READABLE)("counts the codes, not the entries, of %s", (_, bytes, codes) => {
  const longAgo = Number.MIN_SAFE_INTEGER;
  const ends = codes.map(({ expireMs }) => expireMs);
  expect(summarize([bytes], longAgo)).toEqual({
    ...emptySummary(),
    valid: codes.length,
    nextExpireMs: Math.min(...ends),
    lastExpireMs: Math.max(...ends),
  });
  expect(summarize([bytes], Number.MAX_SAFE_INTEGER)).toEqual({ ...emptySummary(), expired: codes.length });
});

it.each(UNREADABLE)("counts %s as one unreadable entry", (_, bytes) => {
  expect(summarize([bytes], MS)).toEqual({ ...emptySummary(), unreadable: 1 });
});

it("counts garbage formIds as invalid until they expire", () => {
  const entries = GARBAGE_FORM_IDS.map((formId) => JSON.stringify({ formId, expire: MS }));
  expect(summarize(entries, MS - 1)).toEqual({ ...emptySummary(), invalid: entries.length });
  expect(summarize(entries, MS)).toEqual({ ...emptySummary(), expired: entries.length });
});

it("finds the first and the last expiry of the valid codes in a mixed pool", () => {
  const entries = [
    `{"formId":"old","expire":${MS}}`,
    `[{"formId":"late","expire":${MS + 900}},{"formId":"soon","expire":${MS + 1}}]`,
    `{"formId":"the formId is a mock one","expire":${MS + 5000}}`,
    JAVA_ENTRY,
    `{"formId":"mid","expire":${MS + 500}}`,
  ];
  expect(summarize(entries, MS)).toEqual({
    valid: 3,
    expired: 1,
    invalid: 1,
    unreadable: 1,
    nextExpireMs: MS + 1,
    lastExpireMs: MS + 900,
  });
});

it("lists codes in the order of the pool, and unreadable entries with their bytes", () => {
  const list = `[{"formId":"a","expire":${MS}},{"formId":"b","expire":${MS + 1}}]`;
  expect(listCodes([JAVA_ENTRY, list, "x\n"], MS)).toEqual([
    { raw: JAVA_ENTRY, state: "unreadable", why: "java" },
    { code: { formId: "a", wellFormed: true, expireMs: MS }, state: "expired", overlong: false },
    { code: { formId: "b", wellFormed: true, expireMs: MS + 1 }, state: "valid", overlong: false },
    { raw: "x\n", state: "unreadable", why: "not a code" },
  ]);
});
