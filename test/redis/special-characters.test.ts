import { describe, expect, it } from "vitest";
import { useTestRedis } from "../helpers/use-redis.ts";

/* Ids and codes made of what has a meaning in Lua patterns, in string.format, in globs or in records. */

const redis = useTestRedis();

const FORM_IDS = [
  "%",
  "%d",
  "%s%s%n",
  "%1",
  "^",
  "$",
  ".",
  "a-",
  "[^a]",
  "(a",
  "*",
  "+?",
  "-",
  "'",
  "\\",
  '"',
  "{}",
  "~",
  "1e400",
  "0",
];
const OPEN_IDS = [
  "%d",
  "%1",
  "a-b",
  "[x]",
  "*",
  "o?",
  "^$",
  "(",
  "\\",
  "用户",
  "o'o",
  'q"q',
  "a:sends",
  "😀",
];

const FAR = 9_999_999_999_999;
const entry = (formId: string) => `{"formId":${JSON.stringify(formId)},"expire":${FAR}}`;

function ledger(runId: string, broadcastId = "b.%-[") {
  return redis.open.stores.ledger({ broadcastId, runId });
}

it.each(FORM_IDS)("keeps the formId %s through claim, next, release and settle", async (formId) => {
  await redis.push("u", entry(formId), entry(`${formId}2`), entry(`${formId}3`));
  expect(await ledger("r").claim(["u"])).toMatchObject([{ formId, expireMs: FAR }]);
  expect(await ledger("r").claim(["u"])).toMatchObject([{ status: "mine", formId, expireMs: FAR }]);
  expect(await ledger("r").release(["u"])).toEqual([true]);
  expect(await redis.entries("u")).toEqual([entry(formId), entry(`${formId}2`), entry(`${formId}3`)]);
  await ledger("r").claim(["u"]);
  expect(await ledger("r").next("u", formId, 41029)).toMatchObject({ formId: `${formId}2`, expireMs: FAR });
  expect(await ledger("r").settle([{ openId: "u", outcome: "unknown", attempts: 3, errcode: -1 }])).toEqual([
    true,
  ]);
  expect(await ledger("r").claim(["u"])).toMatchObject([
    { status: "settled", outcome: "unknown", own: true, attempts: 3, errcode: -1, formId: `${formId}2` },
  ]);
  const again = redis.open.stores.ledger({ broadcastId: "b.%-[", runId: "r2", retry: ["unknown"] });
  expect(await again.claim(["u"])).toMatchObject([
    { status: "claimed", formId: `${formId}2`, attempt: 4, expireMs: FAR },
  ]);
});

it.each(OPEN_IDS)("keeps the user %s apart from others", async (openId) => {
  expect(redis.open.stores.isOpenId(openId)).toBe(true);
  await redis.push(openId, entry("mine"));
  await redis.push("ab", entry("theirs"));
  expect(await ledger("r").claim([openId])).toMatchObject([{ status: "claimed", openId, formId: "mine" }]);
  expect(await redis.entries("ab")).toEqual([entry("theirs")]);
  const swept: string[] = [];
  for await (const page of redis.open.stores.sweepLedgers()) swept.push(...page);
  expect(swept).toEqual([openId]);
});

describe("runs", () => {
  it("whose names begin alike are different runs", async () => {
    await redis.push("u", entry("a"));
    await ledger("run1").claim(["u"]);
    for (const runId of ["run", "run12", "un1", "run."]) {
      expect(await ledger(runId).claim(["u"])).toEqual([{ status: "busy", openId: "u", run: "run1" }]);
      expect(await ledger(runId).settle([{ openId: "u", outcome: "sent", attempts: 1 }])).toEqual([false]);
      expect(await ledger(runId).release(["u"])).toEqual([false]);
      expect(await ledger(runId).next("u", "a", 41028)).toBeUndefined();
      const heir = redis.open.stores.ledger({
        broadcastId: "b.%-[",
        runId: "heir",
        deadRuns: new Set([runId]),
      });
      expect(await heir.claim(["u"])).toMatchObject([{ status: "busy" }]);
    }
    await ledger("run1").settle([{ openId: "u", outcome: "sent", attempts: 1 }]);
    expect(await ledger("run").claim(["u"])).toMatchObject([{ status: "settled", own: false }]);
    expect(await ledger("run").settle([{ openId: "u", outcome: "sent", attempts: 1 }])).toEqual([false]);
  });

  it("of broadcasts whose ids begin alike are of different broadcasts", async () => {
    await redis.push("u", entry("a"), entry("b"), entry("c"));
    for (const id of ["b", "b1", "B"]) {
      expect(await ledger("r", id).claim(["u"])).toMatchObject([{ status: "claimed" }]);
    }
    expect((await redis.client.hkeys("{mina:openid:u}:sends")).sort()).toEqual(["B", "b", "b1"]);
  });
});

describe("bytes to put back", () => {
  it.each([
    ["line breaks around them", `\n{"formId":"a","expire":${FAR}}\n`],
    [
      "what looks like a record in them",
      `{"x":"claimed r 9 1700000000000 0 1 0 b 0","formId":"a","expire":${FAR}}`,
    ],
    ["bytes that are not UTF-8", `{"x":"\xff\xfe\x80","formId":"a","expire":${FAR}}`],
    ["a percent sign", `{"x":"%s%d%%","formId":"a","expire":${FAR}}`],
    ["60,000 of them", `{"x":"${"y".repeat(60_000)}","formId":"a","expire":${FAR}}`],
  ])("come back with %s", async (_, bytes) => {
    await redis.push("u", bytes);
    expect(await ledger("r").claim(["u"])).toMatchObject([{ formId: "a", expireMs: FAR }]);
    expect(await redis.entries("u")).toEqual([]);
    expect(await ledger("r").release(["u"])).toEqual([true]);
    expect(await redis.entries("u")).toEqual([bytes]);
  });
});

it("reports a msgid only when it is a word, and moves no outcome to another user", async () => {
  const openIds = ["u1", "u2", "u3", "u4", "u5"];
  for (const openId of openIds) await redis.push(openId, entry("a"));
  await ledger("r").claim(openIds);
  const msgids = ["7", "", "a b", "1\nrejected 9 9 9", "表"];
  const settlements = openIds.map((openId, i) => ({
    openId,
    outcome: "sent" as const,
    attempts: i + 1,
    msgid: msgids[i],
  }));
  expect(await ledger("r").settle(settlements)).toEqual([true, true, true, true, true]);
  const replies = await ledger("r").claim(openIds);
  expect(
    replies.map((reply) => reply.status === "settled" && [reply.outcome, reply.attempts, reply.msgid]),
  ).toEqual([
    ["sent", 1, "7"],
    ["sent", 2, undefined],
    ["sent", 3, undefined],
    ["sent", 4, undefined],
    ["sent", 5, undefined],
  ]);
});
