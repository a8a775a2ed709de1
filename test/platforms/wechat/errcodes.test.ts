import { describe, expect, it } from "vitest";
import type { AnswerClass } from "../../../src/broadcast/ports.ts";
import { classify } from "../../../src/platforms/errcode/verdicts.ts";
import { TEMPLATE_SEND, TOKEN_ENDPOINT } from "../../../src/platforms/wechat/errcodes.ts";

const classifyErrcode = (errcode: number, from?: "token") =>
  classify(from === "token" ? TOKEN_ENDPOINT : TEMPLATE_SEND, errcode);
const meaningOf = (errcode: number) => TEMPLATE_SEND.get(errcode)?.meaning;

/** The facts about the API ("Error codes a sender meets"), written down apart from the table under test. */
const FACTS: Partial<Record<AnswerClass, string>> = {
  ok: "0",
  token: "40001 40014 41001 42001 42007",
  permission_refused: "41028 41029",
  user_unknown: "40003",
  user_refuses: "41009 43101",
  later: "43108",
  ambiguous: "-1 -1000 61450",
  quota: "45011 45029 45047",
  message_refused: "47003 40033 45002 45168",
  fatal: [
    "40002 40013 40125 40164 61004 45035 40243 41002 41004 89501 89503 89506 89507",
    "48001 48004 50001 50002 61003 61007 43001 43002 43003",
    "45103 45109",
    "43104 43106 43107 200011 200013",
    "40037 41030 47001 44002 40035 40249 20002",
    "45009",
  ].join(" "),
};

/** Not among the facts, but in the vendor's list of return codes: codes and accounts that were punished. */
const PUNISHED: Partial<typeof FACTS> = { permission_refused: "41031", fatal: "41032 41034 41035" };

const listed = [FACTS, PUNISHED].flatMap((facts) =>
  Object.entries(facts).flatMap(([name, codes]) =>
    codes.split(" ").map((code) => [Number(code), name] as const),
  ),
);

describe("classifyErrcode", () => {
  it.each(listed)("%d is %s, with a meaning", (errcode, name) => {
    expect(classifyErrcode(errcode).class).toBe(name);
    expect(meaningOf(errcode)).toMatch(/^\w.{1,70}$/);
  });

  it("has a hint for every code that ends a run", () => {
    const ends = ["fatal", "message_refused"];
    const silent = listed.filter(([errcode, name]) => ends.includes(name) && !classifyErrcode(errcode).hint);
    expect(silent).toEqual([]);
  });

  it("knows no other code", () => {
    const others = Array.from({ length: 100_000 }, (_, code) => code - 2000).filter(
      (code) => !listed.some(([known]) => known === code),
    );
    expect(others.filter((code) => classifyErrcode(code).class !== "unlisted")).toEqual([]);
    expect(others.filter((code) => meaningOf(code) !== undefined)).toEqual([]);
  });

  it.each([
    [40164, "allow list"],
    [45103, "--channel wechat-subscribe"],
    [45103, "needs the user's consent"],
    [45109, "--channel wechat-subscribe"],
    [40125, "PUSH_CLI_APPSECRET"],
    [45009, "resume"],
  ])("tells what to do about %d", (errcode, words) => {
    expect(classifyErrcode(errcode).hint).toContain(words);
  });

  it("41029 alone proves, after an attempt without an outcome, that it arrived", () => {
    const proving = listed.filter(([errcode]) => classifyErrcode(errcode).afterUncertain !== undefined);
    expect(proving.map(([errcode]) => errcode)).toEqual([41029]);
  });

  it("40001 is a stale token to a send, but a wrong secret to the token endpoint", () => {
    expect(classifyErrcode(40001)).toMatchObject({ class: "token" });
    expect(classifyErrcode(40001, "token")).toMatchObject({
      class: "fatal",
      meaning: "AppSecret wrong",
      hint: expect.stringContaining("PUSH_CLI_APPSECRET"),
    });
    expect(classifyErrcode(40164, "token")).toEqual(classifyErrcode(40164));
  });
});
