import type { SandboxCode } from "../../../src/sandbox/sandbox.ts";
import type { Chance } from "./chance.ts";
import type { Code, CodeKind, Entry, Form, User } from "./pools.ts";

const DAY_MS = 24 * 3600 * 1000;

const CODES_A_USER = { 0: 6, 1: 44, 2: 25, 3: 15, 4: 10 };
const KINDS: Record<CodeKind, number> = {
  good: 84,
  expired: 8,
  "used-up": 2,
  refused: 1,
  multi: 2,
  garbage: 3,
};
const SINGLE_FORMS: Partial<Record<Form, number>> = { plain: 70, class: 10, fastjson: 10, double: 10 };
const LIST_FORMS: Partial<Record<Form, number>> = { list: 50, "java-list": 25, "double-list": 25 };

const GARBAGE = [
  "the formId is a mock one",
  "the formId is no longer available in develop or trial version of this mini program",
  "requestFormId:fail timeout",
];

/** Entries of theirs that push-cli does not understand. */
const UNREADABLE = [
  "not json at all",
  '{"formId":"half',
  '{"expire":1568000000000}',
  "\xac\xed\x00\x05sr\x00\x1ecom.example.FormTemplateVO",
  '{"formId":"a","expire":"tomorrow"}',
  "[]",
  "",
];

const FORM_ID_KINDS: Record<CodeKind, number> = {
  good: 0,
  expired: 8,
  // What Alipay answers to a code that is used up is not known, so that it counts as failed.
  "used-up": 0,
  refused: 2,
  multi: 88,
  garbage: 2,
};

/** The same with Alipay's formIds, each for three messages. */
export function populateFormIds(chance: Chance, count: number, now: number): User[] {
  return Array.from({ length: count }, (_, i) => drawUser(chance, `2088${1e11 + i}`, now, FORM_ID_KINDS));
}

/** Users with nought to four codes of all kinds, in all forms that backends write. `now` in epoch ms. */
export function populate(chance: Chance, count: number, now: number): User[] {
  return Array.from({ length: count }, (_, i) => drawUser(chance, `o${i}`, now));
}

function drawUser(chance: Chance, openId: string, now: number, kinds = KINDS): User {
  const count = Number(chance.weigh(CODES_A_USER));
  const codes = Array.from({ length: count }, (_, i) => drawCode(chance, `${openId}-${i}`, now, kinds));
  const entries: Entry[] = [];
  while (codes.length > 0) entries.push(drawEntry(chance, codes));
  while (chance.hit(4)) {
    const bytes = chance.pick(UNREADABLE);
    entries.splice(chance.int(0, entries.length), 0, { form: "unreadable", codes: [], bytes });
  }
  return { openId, entries, pushed: [] };
}

/** Takes one code, or several for a whole list in one entry, off the front. */
function drawEntry(chance: Chance, codes: Code[]): Entry {
  if (codes.length > 1 && chance.hit(15)) {
    return {
      form: chance.weigh(LIST_FORMS as Record<Form, number>),
      codes: codes.splice(0, chance.int(2, 3)),
    };
  }
  const [code] = codes.splice(0, 1) as [Code];
  // The other writers know no uses.
  const form = code.uses ? "plain" : chance.weigh(SINGLE_FORMS as Record<Form, number>);
  return { form, codes: [code] };
}

function drawCode(chance: Chance, name: string, now: number, kinds: Record<CodeKind, number>): Code {
  const kind = chance.weigh(kinds);
  const expire = kind === "expired" ? now - chance.int(1000, DAY_MS) : now + chance.int(DAY_MS, 7 * DAY_MS);
  if (kind === "garbage") return { kind, formId: chance.pick(GARBAGE), expire };
  if (kind === "multi") return { kind, formId: `wx20141027200939${name}`, expire, uses: 3 };
  return { kind, formId: `${kind}-${name}`, expire };
}

/** One more good code, as the backend pushes it. */
export function freshEntry(openId: string, number: number, now: number): Entry {
  return {
    form: "plain",
    codes: [{ kind: "good", formId: `fresh-${openId}-${number}`, expire: now + 7 * DAY_MS }],
  };
}

/** The same for Baidu, whose payments say of which kind they are. */
export function populateBaidu(chance: Chance, count: number, now: number): User[] {
  const users = populate(chance, count, now);
  for (const { codes } of users.flatMap(({ entries }) => entries))
    for (const code of codes) if (code.kind === "multi") code.scene = chance.int(2, 3);
  return users;
}

/** What the platform knows of the codes in an entry: a refused one is not among them. */
export function issued(openId: string, { codes }: Entry): SandboxCode[] {
  return codes
    .filter(({ kind }) => kind !== "garbage" && kind !== "refused")
    .map(({ kind, formId, expire, scene }) => ({
      openId,
      formId,
      expire,
      uses: kind === "used-up" ? 0 : kind === "multi" ? 3 : 1,
      ...(scene === undefined ? {} : { scene }),
    }));
}
