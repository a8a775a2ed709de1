import { describe, expect, it } from "vitest";
import type { Ledger } from "../../src/broadcast/ports.ts";
import { plainEntry, type TestRedis } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { javaEntry } from "../pool/java/forms.ts";
import { dumpAll, FAR, PAST, pushMany } from "./seed.ts";

/* A dry run says of each user who would be sent to how many valid codes are left then: 0, 1, 2, or 3 for more. */

const redis = useTestRedis();

function ledger(options: Partial<Parameters<TestRedis["open"]["stores"]["ledger"]>[0]> = {}): Ledger {
  return redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun: true, ...options });
}

async function leftTo(...openIds: string[]): Promise<(number | undefined)[]> {
  const replies = await ledger().claim(openIds);
  return replies.map((reply) => (reply.status === "claimed" ? reply.left : undefined));
}

const live = (formId: string) => plainEntry(formId, FAR);
const dead = (formId: string) => plainEntry(formId, PAST);
const list = (...entries: string[]) => `[${entries.join(",")}]`;
const uses = (count: number) => `{"formId":"wx15680000000000p","expire":${FAR},"uses":${count}}`;
const garbage = JSON.stringify({ formId: "the formId is a mock one", expire: FAR });

it.each<[string, string[], number]>([
  ["one code", [live("a")], 0],
  ["two codes", [live("a"), live("b")], 1],
  ["one behind expired ones", [dead("x"), dead("y"), live("a")], 0],
  ["one, and behind it what no message can be sent with", [live("a"), dead("x"), JAVA_ENTRY, garbage], 0],
  ["one, and another far behind", [live("a"), dead("x"), JAVA_ENTRY, garbage, live("b")], 1],
  ["a list of two", [list(live("a"), live("b"))], 1],
  ["a list of two, one of them expired", [list(live("a"), dead("b"))], 0],
  ["a list of two, the first expired", [list(dead("a"), live("b"))], 0],
  ["a list of two, one of them garbage", [list(garbage, live("b"))], 0],
  ["a list of one, and a list", [list(live("a")), list(dead("x"), live("b"))], 1],
  ["a code with uses", [uses(3)], 1],
  ["a code with one use left", [uses(1)], 0],
  ["a code with one use left, and another", [uses(1), live("a")], 1],
  ["a list with a code with uses", [list(uses(2))], 1],
  ["a code of Java's", [javaEntry("a boxed long"), live("a")], 0],
  ["three codes", [live("a"), live("b"), live("c")], 2],
  [
    "a list of three, one of them expired, and another",
    [list(live("a"), dead("b"), live("c")), live("d")],
    2,
  ],
  ["four codes", [live("a"), live("b"), live("c"), live("d")], 3],
  ["seven codes, five of them in a list", [live("a"), list(..."bcdef".split("").map(live)), live("g")], 3],
  ["a code with uses, and three others", [uses(3), live("a"), live("b"), live("c")], 3],
])("%s", async (_, entries, left) => {
  await redis.push("u", ...entries);
  const before = await dumpAll(redis);
  expect(await leftTo("u")).toEqual([left]);
  expect(await dumpAll(redis)).toEqual(before);
});

it("says nothing of users without a code, and nothing in a broadcast itself", async () => {
  await redis.push("u", live("a"));
  await redis.push("v", dead("a"));
  expect(await leftTo("v", "nobody", "u")).toEqual([undefined, undefined, 0]);
  const [claimed] = await ledger({ dryRun: false }).claim(["u"]);
  expect(claimed).not.toHaveProperty("left");
});

describe("a pool that is longer than a call looks at", () => {
  const unreadable = Array.from({ length: 5000 }, (_, i) => `not ours ${i}`);

  it.each([1, 399, 400, 499, 500, 501, 999, 1000, 5000])("%i entries behind the code", async (length) => {
    await pushMany(redis, "last", [live("a"), ...unreadable.slice(0, length)]);
    await pushMany(redis, "more", [live("a"), ...unreadable.slice(0, length), live("b")]);
    await pushMany(redis, "list", [live("a"), ...unreadable.slice(0, length), list(dead("x"), live("b"))]);
    expect(await leftTo("last", "more", "list")).toEqual([0, 1, 1]);
    expect(await leftTo("list")).toEqual([1]);
  });

  it("with the code behind it, too", async () => {
    await pushMany(redis, "u", [...unreadable.slice(0, 3000), live("a"), ...unreadable.slice(3000)]);
    expect(await leftTo("u")).toEqual([0]);
    await redis.push("u", live("b"));
    expect(await leftTo("u")).toEqual([1]);
  });

  it("among many in a batch that share a budget", async () => {
    const openIds = Array.from({ length: 100 }, (_, i) => `u${i}`);
    const pools = openIds.map((_, i) => [
      live("a"),
      ...unreadable.slice(0, 30),
      ...(i % 3 ? [live("b")] : []),
    ]);
    await Promise.all(openIds.map((openId, i) => redis.push(openId, ...pools[i]!)));
    expect(await leftTo(...openIds)).toEqual(openIds.map((_, i) => (i % 3 ? 1 : 0)));
  });
});

describe("a claim that is taken over, its code off the pool already", () => {
  const takeOver = () => ledger({ runId: "r2", deadRuns: new Set(["r"]) }).claim(["u"]);

  it.each<[string, string[], number]>([
    ["nothing is left", [], 0],
    ["another code is left", [dead("x"), live("b")], 1],
    ["another far behind is left", [...Array.from({ length: 2000 }, (_, i) => `no ${i}`), live("b")], 1],
  ])("%s", async (_, rest, left) => {
    await redis.push("u", live("a"), ...rest);
    await ledger({ dryRun: false }).claim(["u"]);
    expect(await takeOver()).toMatchObject([{ status: "claimed", attempt: 2, left }]);
  });
});
