import { expect, it } from "vitest";
import type { AnswerClass } from "../../../src/broadcast/ports.ts";
import {
  SUBSCRIPTION_SEND,
  TEMPLATE_SEND,
  verdictOn,
  wordOf,
} from "../../../src/platforms/alipay/errcodes.ts";

/** What is known of the answers, written down apart from the table under test. */
const FACTS: Partial<Record<AnswerClass, string>> = {
  ok: "10000",
  ambiguous: "20000 20000/isp.unknow-error 20000/aop.unknow-error 20000/new",
  quota: "40005 40005/isv.app-call-limited",
  message_refused: "40004/USER_KEYWORD_LENGTH_ERROR",
  fatal: [
    "20001 20001/aop.invalid-app-auth-token 40001 40001/isv.missing-app-id 40002 40002/isv.invalid-signature",
    "40002/isv.invalid-app-id 40002/isv.invalid-timestamp 40002/new 40003 40006 40006/isv.insufficient-isv-permissions",
    "40004/USER_TEMPLATE_ILLEGAL 40004/USER_TEMPLATE_LACK_KEYWORD",
  ].join(" "),
};
const FORM_ID = "40004/FORM_ID_OVER_TIME 40004/FORM_ID_NOT_MATCH_APPID 40004/TRADE_NO_NOT_MATCH_USERID";

const listed = Object.entries(FACTS).flatMap(([name, words]) =>
  words.split(" ").map((word) => [word, name] as const),
);

it.each(listed)("%s is %s, whatever the message", (word, name) => {
  for (const table of [TEMPLATE_SEND, SUBSCRIPTION_SEND]) expect(verdictOn(table, word)?.class).toBe(name);
});

it.each(FORM_ID.split(" "))("%s is about a formId, and no answer to a subscription message", (word) => {
  expect(verdictOn(TEMPLATE_SEND, word)).toMatchObject({ class: "permission_refused" });
  expect(verdictOn(SUBSCRIPTION_SEND, word)).toBeUndefined();
});

it.each(["40004", "40004/NEW", "50000", "4", "", "100003", "400053"])("%s is not known", (word) => {
  expect(verdictOn(TEMPLATE_SEND, word)).toBeUndefined();
});

it("knows a code that a ledger has as a number", () => {
  expect(verdictOn(TEMPLATE_SEND, 20000)?.meaning).toContain("unavailable");
});

it("knows no answer that proves an earlier one", () => {
  for (const verdict of TEMPLATE_SEND.values()) expect(verdict.afterUncertain).toBeUndefined();
});

it("makes no word of what is none", () => {
  expect(wordOf("40004", "a b")).toBe("40004");
  expect(wordOf("40004", "x".repeat(59))).toBe("40004");
  expect(wordOf("40004", undefined)).toBe("40004");
  expect(wordOf("40004", "ACQ.X-1_y")).toBe("40004/ACQ.X-1_y");
});
