import fc from "fast-check";
import type { ModelCode, ModelEntry } from "./model-entry.ts";

/** An entry before its codes have formIds, which are given out as a sequence runs: each one once. */
export interface Draft {
  head: string;
  codes: CodeDraft[];
  tail: string;
  quote?: keyof typeof QUOTES;
}

interface CodeDraft {
  kind: ModelCode["kind"];
  uses: number | undefined;
  past: Expiry;
  future: Expiry;
  garbage: string;
  style: number;
  order: number[];
  extra: string;
  space: string;
  gap: string;
  around: [string, string];
}

type Expiry = [text: string, expireMs: number];

/** Long gone or far away, so that no test depends on when it runs. */
const PAST: Expiry[] = [
  ["1568000000000", 1_568_000_000_000],
  ["1568000000", 1_568_000_000_000],
  ["1568000000000000", 1_568_000_000_000],
  ['"1568000000000"', 1_568_000_000_000],
  ['["java.lang.Long",1568000000000]', 1_568_000_000_000],
];
const FUTURE: Expiry[] = [
  ["4102444800000", 4_102_444_800_000],
  ["1999999999999", 1_999_999_999_999],
  ["1999999999999", 1_999_999_999_999],
  ["9999999999999", 9_999_999_999_999],
  ["4102444800", 4_102_444_800_000],
  ["4102444800.5", 4_102_444_800_500],
  ["4102444800000000000", 4_102_444_800_000],
  ["4.1024448E12", 4_102_444_800_000],
  ["4102444800000L", 4_102_444_800_000],
  ['"4102444800"', 4_102_444_800_000],
  ['["java.lang.Long",4102444800000]', 4_102_444_800_000],
];

const GARBAGE = ["the formId is a mock one", "requestFormId:fail", "undefined", ""];
const EXTRA = [
  "",
  "",
  '"@class":"com.example.FormTemplateVO"',
  '"x":[{"formId":"no"},7]',
  '"\xe4\xb8\x80":"\xff %d"',
  '"scene":2',
  '"scene_type":"3"',
  // Another platform's number, a form's, and none.
  '"scene":1001',
  '"scene":1',
  '"scene":null',
];

/** What such a field says of the code. */
const SCENES: Partial<Record<string, number>> = { '"scene":2': 2, '"scene_type":"3"': 3 };

const UNREADABLE = [
  "\xac\xed\x00\x05sr\x00\x1acom.example.FormTemplateVO\n\x00\xff",
  "claimed runa 1 1 0 1 1 f 3\n{}",
  "%s %d %%\n\n",
  "[]",
  "{}",
  "",
  "\x00",
  '{"formId":"a\nb","expire":4102444800000}',
  '{"formId":"x","expire":4102444800000',
  '[{"formId":"x","expire":4102444800000},{}]',
  '{"formId":"x","expire":4102444800000,"uses":0}',
  "x".repeat(3000),
  // More than one call of a script may look at.
  "y".repeat(30_000),
  "z".repeat(70_000),
];

const QUOTES = {
  once: (text: string) => JSON.stringify(text),
  /** Java's serialization of a String. */
  java: (text: string) =>
    `\xac\xed\x00\x05t${String.fromCharCode(text.length >> 8, text.length & 255)}${text}`,
  /** Escapes that push-cli would not write itself. */
  oddly: (text: string) => JSON.stringify(text).replaceAll('\\"', "\\u0022").replaceAll("f", "\\u0066"),
};

const FORM_ID_STYLES: ((serial: string) => string)[] = [
  (serial) => `f${serial}`,
  (serial) => `%d.%s[^${serial}]*$-`,
  (serial) => `wx15680000000000${serial}`,
  (serial) => `a-b_${serial}==`,
  (serial) => `/+$(${serial})?<>`,
  (serial) => serial.padEnd(128, "x"),
];

/** Where the digits of `uses` go. */
const USES = "\0";

export function buildEntry({ head, codes, tail, quote }: Draft, newSerial: () => string): ModelEntry {
  const built = codes.map((code) => buildCode(code, newSerial));
  return quote ? { head, codes: built, tail, quote: QUOTES[quote] } : { head, codes: built, tail };
}

function buildCode(draft: CodeDraft, newSerial: () => string): ModelCode {
  const { kind, uses, space, extra, gap, around } = draft;
  const formId = kind === "garbage" ? draft.garbage : FORM_ID_STYLES[draft.style]!(newSerial());
  const [text, expireMs] = kind === "expired" ? draft.past : draft.future;
  const fields = [
    `"formId":${space}"${formId}"`,
    `"expire"${space}:${text}`,
    extra,
    uses === undefined ? "" : `"uses":${USES}`,
  ];
  const order = fields[2] === "" && fields[3] === "" ? [0, 1] : draft.order;
  const texts = order.map((i) => fields[i]!).filter((field) => field !== "");
  const [before = "", after = ""] = `${around[0]}{${texts.join(`,${space}`)}}${around[1]}`.split(USES);
  return { formId, kind, expireMs, uses, scene: SCENES[extra], before, after, gap };
}

const noUses = fc.constant(undefined);
const someUses = fc.oneof(
  { weight: 3, arbitrary: noUses },
  { weight: 2, arbitrary: fc.constantFrom(1, 2, 3, 3, 10) },
);
const bare = fc.constant<[string, string]>(["", ""]);
const typed = fc.constantFrom<[string, string]>(["", ""], ['["com.example.FormTemplateVO",', "]"]);

function codeWith(
  uses: fc.Arbitrary<number | undefined>,
  around: fc.Arbitrary<[string, string]>,
): fc.Arbitrary<CodeDraft> {
  return fc.record({
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constant("valid" as const) },
      { weight: 3, arbitrary: fc.constant("expired" as const) },
      { weight: 1, arbitrary: fc.constant("garbage" as const) },
    ),
    uses,
    past: fc.constantFrom(...PAST),
    future: fc.constantFrom(...FUTURE),
    garbage: fc.constantFrom(...GARBAGE),
    style: fc.nat(FORM_ID_STYLES.length - 1),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    extra: fc.constantFrom(...EXTRA),
    space: fc.constantFrom("", "", " "),
    gap: fc.constantFrom(",", ",", ", ", " ,\n"),
    around,
  });
}

function single(code: fc.Arbitrary<CodeDraft>, quote?: keyof typeof QUOTES): fc.Arbitrary<Draft> {
  return code.map((one) => ({ head: "", codes: [one], tail: "", ...(quote ? { quote } : {}) }));
}

function listOf(codes: fc.Arbitrary<CodeDraft[]>, quote?: keyof typeof QUOTES): fc.Arbitrary<Draft> {
  const around = fc.constantFrom<[string, string]>(
    ["[", "]"],
    [" [ ", "\n]"],
    ['["java.util.ArrayList",[', "]]"],
  );
  return fc
    .tuple(codes, around)
    .map(([list, [head, tail]]) => ({ head, codes: list, tail, ...(quote ? { quote } : {}) }));
}

const several = fc.array(codeWith(someUses, typed), { minLength: 1, maxLength: 4 });

/** Entries as backends push them. */
export const draft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 6, arbitrary: single(codeWith(noUses, bare)) },
  { weight: 3, arbitrary: single(codeWith(someUses, typed)) },
  { weight: 2, arbitrary: single(codeWith(someUses, typed), "once") },
  { weight: 1, arbitrary: single(codeWith(noUses, typed), "oddly") },
  { weight: 2, arbitrary: single(codeWith(noUses, typed), "java") },
  { weight: 3, arbitrary: listOf(several) },
  { weight: 2, arbitrary: listOf(several, "once") },
  { weight: 2, arbitrary: fc.constantFrom(...UNREADABLE).map((head) => ({ head, codes: [], tail: "" })) },
);
