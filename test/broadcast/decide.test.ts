import { describe, expect, test } from "vitest";
import { type Decision, decide } from "../../src/broadcast/decide.ts";
import type { AnswerClass, OwnTexts, SendAnswer } from "../../src/broadcast/ports.ts";

const MAX_ATTEMPTS = 6;

interface Case {
  class: AnswerClass;
  errcode?: number;
  afterUncertain?: "sent";
  attempts?: number;
  uncertain?: boolean;
  onceOnly?: boolean;
  excused?: number;
  own?: OwnTexts;
}

const OWN: OwnTexts = { values: ["x"] };

function decideOn({ class: answerClass, errcode, afterUncertain, ...state }: Case): Decision {
  const recipient = {
    openId: "u",
    formId: "f",
    expireMs: 0,
    repeatUntilMs: Number.POSITIVE_INFINITY,
    onceOnly: false,
    standing: false,
    attempt: 1,
    attempts: 1,
    uncertain: false,
    failedBefore: false,
    excused: 0,
    isSuspect: false,
    refusals: 0,
    turn: 1,
    multiUse: false,
    own: undefined,
    row: undefined,
    place: -1,
    ...state,
  };
  const answer: SendAnswer = { class: answerClass, errcode, errmsg: "", afterUncertain };
  return decide(recipient, answer, MAX_ATTEMPTS);
}

const settle = (outcome: string) => ({ do: "settle", outcome });
const returning = (outcome: string) => ({ do: "settle-returning", outcome });
const stop = { do: "stop" };

describe("after a first attempt", () => {
  test.each<[string, Case, unknown]>([
    ["ok is sent", { class: "ok" }, settle("sent")],
    ["a refused token is renewed", { class: "token" }, { do: "renew-token" }],
    ["41028 takes the next code", { class: "permission_refused" }, { do: "next" }],
    [
      "41029 takes the next code: somebody else used it",
      { class: "permission_refused", afterUncertain: "sent" },
      { do: "next" },
    ],
    ["41031 takes the next code", { class: "permission_refused" }, { do: "next" }],
    ["40003 gives the code back", { class: "user_unknown" }, returning("rejected")],
    [
      "a permission that is gone clears the pool",
      { class: "permission_gone" },
      { do: "settle-clearing", outcome: "rejected" },
    ],
    ["not today gives the code back", { class: "not_today" }, returning("rejected")],
    ["a message refused that all get stops", { class: "message_refused", errcode: 47003 }, stop],
    ["the recipient's own gives the code back", { class: "message_refused", own: OWN }, returning("failed")],
    ["43101 spends the code", { class: "user_refuses" }, settle("rejected")],
    ["43108 is tried again", { class: "later" }, { do: "retry", uncertain: false }],
    ["busy is tried again", { class: "ambiguous" }, { do: "retry", uncertain: true }],
    ["what never left is tried again", { class: "unsent" }, { do: "retry", uncertain: false }],
    ["the minute quota pauses", { class: "quota" }, { do: "pause" }],
    ["a fatal answer stops", { class: "fatal", errcode: 45103 }, stop],
    ["an unlisted errcode fails", { class: "unlisted", errcode: 99999 }, settle("failed")],
  ])("%s", (_, given, decision) => {
    expect(decideOn(given)).toEqual(decision);
  });
});

describe("after an attempt that may have arrived", () => {
  test.each<[string, Case, unknown]>([
    ["ok is sent", { class: "ok" }, settle("sent")],
    [
      "already used means that it arrived",
      { class: "permission_refused", afterUncertain: "sent" },
      settle("sent"),
    ],
    [
      "41028 leaves it open, for it is the answer to an expired code too",
      { class: "permission_refused" },
      settle("unknown"),
    ],
    [
      "a blocked code takes no other, which could arrive too",
      { class: "permission_refused" },
      settle("unknown"),
    ],
    [
      "refused values are not a failure that a new code may mend",
      { class: "message_refused", own: OWN },
      settle("unknown"),
    ],
    ["not today may be since it arrived", { class: "not_today" }, settle("unknown")],
    ["not today that proves it", { class: "not_today", afterUncertain: "sent" }, settle("sent")],
    [
      "what would prove it proves nothing once a repeat is no longer known as one",
      { class: "not_today", afterUncertain: "sent", onceOnly: true },
      settle("unknown"),
    ],
    ["40003 does not give the code back", { class: "user_unknown" }, settle("unknown")],
    ["43101 may come from a user whom it reached", { class: "user_refuses" }, settle("unknown")],
    [
      "an unlisted errcode is not a failure that a new code may mend",
      { class: "unlisted", errcode: 99999 },
      settle("unknown"),
    ],
    ["43108 to the end leaves it open", { class: "later", attempts: MAX_ATTEMPTS }, settle("unknown")],
  ])("%s", (_, given, decision) => {
    expect(decideOn({ attempts: 2, uncertain: true, ...given })).toEqual(decision);
  });
});

describe("when attempts are used up", () => {
  test.each<[string, Case, unknown]>([
    ["busy ends as unknown", { class: "ambiguous" }, settle("unknown")],
    ["43108 ends as failed, the code given back", { class: "later" }, returning("failed")],
    ["what never left is tried again", { class: "unsent" }, { do: "retry", uncertain: false }],
    ["ok is still sent", { class: "ok" }, settle("sent")],
    ["a pause is no attempt", { class: "quota" }, { do: "pause" }],
  ])("%s", (_, given, decision) => {
    expect(decideOn({ attempts: MAX_ATTEMPTS, ...given })).toEqual(decision);
    expect(decideOn({ attempts: MAX_ATTEMPTS + 3, ...given }), "later runs too").toEqual(decision);
  });
});

describe("a code with several uses", () => {
  test("is never sent with again after an attempt that may have arrived", () => {
    expect(decideOn({ class: "ambiguous", onceOnly: true })).toEqual(settle("unknown"));
  });

  test("is sent with again when the attempt surely did not arrive", () => {
    expect(decideOn({ class: "unsent", onceOnly: true })).toEqual({ do: "retry", uncertain: false });
    expect(decideOn({ class: "later", onceOnly: true })).toEqual({ do: "retry", uncertain: false });
  });
});

test("attempts that failed because the API was down don't count", () => {
  const attempts = MAX_ATTEMPTS + 3;
  expect(decideOn({ class: "ambiguous", attempts, excused: 4 })).toEqual({ do: "retry", uncertain: true });
  expect(decideOn({ class: "ambiguous", attempts, excused: 3 })).toEqual(settle("unknown"));
});
