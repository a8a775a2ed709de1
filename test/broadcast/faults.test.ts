import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { drive, hurriedClock } from "./drive.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  giveCode,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { slowMs: 5000 } });

/** Every fault that leaves the broadcast able to reach everybody. */
const SURVIVABLE = [
  "busy",
  "busy-delivered",
  "5xx",
  "5xx-after",
  "reset",
  "reset-after",
  "slow",
  "garbage",
  "garbage-after",
  "truncated",
  "token-expiry",
  "errcode-43108",
  "errcode--1000",
];
const USERS = 120;

/** Everybody got one message, whatever the answers were. */
async function checkAllSent(result: Parameters<typeof checkBooks>[1], users: number, codes = users) {
  const document = await checkBooks(world, result, codes);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: users }), open: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1, codesUsed: users });
  return document;
}

describe("every user gets exactly one message", () => {
  test.each(SURVIVABLE)("with %s now and then", async (kind) => {
    await giveUsers(world, USERS);
    setFaults(world, `${kind}:12`);
    // Long but for what is to time out: on a busy machine any answer may take a second.
    const timeout = kind === "slow" ? "1s" : "60s";
    const result = await broadcast(world, ["--concurrency", "16", "--timeout", timeout]);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkAllSent(result, USERS);
    const faults = world.sandbox.stats().faults[kind]!;
    expect(faults, "the fault did come up").toBeGreaterThan(0);
    const counted = document.errors.reduce((sum, { count }) => sum + count, 0);
    // A retry that is told "already used" is no error, and a lapsed token is refused to all requests in flight.
    if (kind === "slow") expect(counted).toBeGreaterThanOrEqual(faults);
    else if (kind !== "token-expiry") expect(counted).toBe(faults);
  });

  test("with all of that mixed", async () => {
    await giveUsers(world, 400, { codes: 2 });
    setFaults(world, ...SURVIVABLE.map((kind) => `${kind}:2`));
    const result = await broadcast(world, ["--concurrency", "32", "--timeout", "1s"]);
    expect(result.code, result.stderr).toBe(0);
    await checkAllSent(result, 400, 800);
  });

  test("with a third of all requests failing one way or the other, in many short runs", async () => {
    for (let round = 0; round < 8; round++) {
      await world.redis.client.flushall();
      world.sandbox.reset();
      await giveUsers(world, 60, { prefix: `r${round}_` });
      setFaults(world, "busy:6", "busy-delivered:6", "5xx-after:6", "reset:6", "reset-after:6", "garbage:5");
      const driven = await drive(world, { clock: hurriedClock(20), concurrency: 7 + round, maxAttempts: 40 });
      await checkAllSent(driven, 60);
    }
  });
});

describe("an attempt that may have arrived", () => {
  test.each(["busy", "5xx", "reset", "garbage"])(
    "is unknown when its attempts run out while others get through (%s)",
    async (kind) => {
      await giveUsers(world, 600);
      setFaults(world, `${kind}:50`);
      const driven = await drive(world, { clock: hurriedClock(20), maxAttempts: 2, maxErrors: { share: 1 } });
      const document = await checkBooks(world, driven, 600);
      const { sent, unknown } = document.outcomes;
      expect(sent + unknown).toBe(600);
      // A quarter, less those whose attempts the breaker excused.
      expect(unknown).toBeGreaterThan(10);
      expect(unknown).toBeLessThan(250);
      expect(document).toMatchObject({ status: "finished", codes: { spent: 600, refused: 0, released: 0 } });
      expect(world.sandbox.stats()).toMatchObject({ delivered: sent, maxPerUser: 1 });
    },
  );

  test("exit 8 says so", async () => {
    await giveUsers(world, 3);
    await giveCode(world, "paid", "wx20261123120000001", { uses: 3 });
    setFaults(world, "busy:100");
    const running = broadcast(world);
    // Everybody's first attempt; the code with several uses gets no other.
    await until(() => (world.sandbox.stats().faults.busy ?? 0) >= 4);
    setFaults(world);
    const result = await running;
    expect(result.code, result.stderr).toBe(8);
    expect(result.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 3, unknown: 1 }));
  });
});

describe("an answer that nobody knows", () => {
  test("fails its user and spends the code: exit 8", async () => {
    await giveUsers(world, 100);
    setFaults(world, "unlisted:10");
    const result = await broadcast(world, ["--concurrency", "8"]);
    expect(result.code).toBe(8);
    const document = await checkBooks(world, result, 100);
    const hit = world.sandbox.stats().faults.unlisted!;
    expect(document).toMatchObject({
      outcomes: outcomes({ sent: 100 - hit, failed: hit }),
      codes: { spent: 100 },
      errors: [{ errcode: 99999, count: hit }],
    });
    expect(world.sandbox.stats().delivered).toBe(100 - hit);
  });

  test("behind an attempt that may have arrived is unknown, not failed", async () => {
    await giveUsers(world, 40, { codes: 2 });
    setFaults(world, "busy-delivered:100");
    // Everybody's first attempt arrives, and at least one later one of 19 gets the unknown errcode as its answer.
    setFaults(world, "busy-delivered:100");
    const running = drive(world, { clock: hurriedClock(20), concurrency: 40 });
    await until(() => world.sandbox.stats().delivered >= 5);
    setFaults(world, "unlisted:5", "busy-delivered:60");
    const document = await checkBooks(world, await running, 80);
    expect(document.outcomes.unknown).toBeGreaterThan(0);
    for (const openId of Object.keys(world.sandbox.stats().deliveriesByUser))
      expect((await ledgers(world)).get(openId), openId).not.toBe("failed");
    expect(world.sandbox.stats().maxPerUser).toBe(1);
  });

  test("a few times, and then the run is interrupted: the codes may be used, and don't go back", async () => {
    await giveUsers(world, 300, { codes: 2 });
    setFaults(world, "unlisted:100");
    const told = () => (world.sandbox.stats().faults.unlisted ?? 0) >= 5;
    const result = await interrupt(world, ["--concurrency", "1", "--rate", "20/s"], told);
    expect(result.code).toBe(130);
    const document = await checkBooks(world, result, 600);
    const hit = world.sandbox.stats().faults.unlisted!;
    expect(hit).toBeLessThan(20);
    expect(document).toMatchObject({ outcomes: outcomes({ failed: hit }), codes: { spent: hit }, open: 0 });
  });

  test("20 times in a row stops the run: exit 9, all codes are back", async () => {
    await giveUsers(world, 300);
    setFaults(world, "unlisted:100");
    const result = await broadcast(world, ["--concurrency", "8"]);
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 300);
    expect(document).toMatchObject({ status: "stopped", open: 0 });
    expect(document.reason).toContain("99999");
    expect(document).toMatchObject({ outcomes: outcomes({}), codes: { spent: 0 } });
    expect(world.sandbox.stats().faults.unlisted).toBeLessThan(20 + 8);
    expect(await countCodes(world)).toBe(300);
  });
});

describe("users who can't be messaged", () => {
  test.each([
    ["errcode-43101", 0],
    ["errcode-41009", 0],
    ["errcode-40003", 1],
  ])("%s: rejected, exit 0", async (kind, codeIsBack) => {
    await giveUsers(world, 100);
    setFaults(world, `${kind}:15`);
    const result = await broadcast(world, ["--concurrency", "8"]);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 100);
    const hit = world.sandbox.stats().faults[kind]!;
    expect(document.outcomes).toEqual(outcomes({ sent: 100 - hit, rejected: hit }));
    expect(document.codes).toMatchObject({ spent: 100 - hit * codeIsBack, released: hit * codeIsBack });
    expect(await countCodes(world)).toBe(hit * codeIsBack);
  });
});

describe("43108, one call an openId at a time", () => {
  test("to the end fails the user, and the code is back", async () => {
    await giveUsers(world, 20);
    const before = await world.redis.pools();
    setFaults(world, "errcode-43108:100");
    const driven = await drive(world, { clock: hurriedClock(20) });
    const document = await checkBooks(world, driven, 20);
    expect(document).toMatchObject({
      outcomes: outcomes({ failed: 20 }),
      codes: { spent: 0, released: 20 },
    });
    expect(await world.redis.pools()).toEqual(before);
  });
});

describe("a fatal answer", () => {
  const FATAL = [
    ["withdrawn", 45103, "--channel wechat-subscribe"],
    ["day-quota", 45009, "tomorrow"],
    ["errcode-47003", 47003, "--keywords"],
    ["errcode-40037", 40037, "template id"],
    ["errcode-48001", 48001, "permission"],
    ["errcode-45109", 45109, "--api-base"],
  ] as const;

  test.each(FATAL)("at once (%s): exit 9, every code is back byte for byte", async (kind, errcode, hint) => {
    await giveUsers(world, 60, { codes: 2 });
    const before = await world.redis.pools();
    setFaults(world, `${kind}:100`);
    const result = await broadcast(world, ["--id", "b-1"]);
    expect(result.code).toBe(9);
    const { error } = JSON.parse(result.stderr.trimEnd().split("\n").at(-1)!);
    expect(error).toMatchObject({ code: "stopped", message: expect.stringContaining(String(errcode)) });
    expect(error.hint).toContain(hint);
    expect(error.hint).toContain("push-cli broadcast resume b-1");
    const document = await checkBooks(world, result, 120);
    expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), open: 0, recipients: 0 });
    expect(document.reason).toContain(String(errcode));
    expect(document.codes.spent).toBe(0);
    expect(await world.redis.pools()).toEqual(before);
    expect(await world.redis.client.hget("mina:broadcast:b-1", "status")).toBe("stopped");
  });

  test.each(["withdrawn", "day-quota"])("in mid-run (%s): what was not sent is back", async (kind) => {
    await giveUsers(world, 400);
    const before = await world.redis.pools();
    const running = broadcast(world, ["--concurrency", "16", "--rate", "1000/s"]);
    await until(() => world.sandbox.stats().delivered >= 100);
    setFaults(world, `${kind}:100`);
    const result = await running;
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 400);
    expect(document).toMatchObject({ status: "stopped", open: 0 });
    expect(document.outcomes.sent).toBe(world.sandbox.stats().delivered);
    expect(document.codes.spent).toBe(document.outcomes.sent);
    for (const openId of Object.keys(world.sandbox.stats().deliveriesByUser)) {
      delete before[`mina:openid:${openId}`];
    }
    expect(await world.redis.pools()).toEqual(before);
  });

  test("with uncertain attempts about keeps those claimed, and says how many", async () => {
    await giveUsers(world, 100);
    setFaults(world, "busy-delivered:100");
    const running = broadcast(world, ["--concurrency", "50"]);
    await until(() => (world.sandbox.stats().faults["busy-delivered"] ?? 0) >= 5);
    setFaults(world, "withdrawn:100");
    const result = await running;
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 100);
    expect(document.open).toBeGreaterThan(0);
    expect(document.open, "each of them was delivered").toBe(world.sandbox.stats().delivered);
  });
});

describe("the access token", () => {
  test("refused whatever it is ends the run with exit 4, codes back", async () => {
    await giveUsers(world, 50);
    const before = await world.redis.pools();
    setFaults(world, "errcode-40001:100");
    const result = await broadcast(world);
    expect(result.code).toBe(4);
    const { error } = JSON.parse(result.stderr.trimEnd().split("\n").at(-1)!);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringContaining("40001") });
    expect(error.hint).toContain("push-cli token refresh");
    const document = await checkBooks(world, result, 50);
    expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), codes: { spent: 0 } });
    expect(await world.redis.pools()).toEqual(before);
    expect(world.sandbox.stats().tokenCalls.stable, "not hammered").toBeLessThan(10);
  });

  test("refused again and again, each new one too, ends the run as well", async () => {
    await giveUsers(world, 50);
    setFaults(world, "token-expiry:100");
    const result = await broadcast(world);
    expect(result.code).toBe(4);
    expect(await checkBooks(world, result, 50)).toMatchObject({ status: "stopped", open: 0 });
    expect(await countCodes(world)).toBe(50);
    expect(world.sandbox.stats().tokenCalls.stable).toBeLessThan(20);
  });
});

describe("the minute quota", () => {
  /** Ten seconds before the minute is over, which are one by a clock ten times as fast. */
  const nearlyOver = () => hurriedClock(10, Date.UTC(2026, 10, 23, 12, 0, 50));

  test("pauses to the next minute and costs no attempt; codes are kept", async () => {
    await giveUsers(world, 30);
    setFaults(world, "minute-quota:100");
    const pauses: number[] = [];
    const clock = nearlyOver();
    const watch = setInterval(() => {
      const leftMs = run?.pacer.pauseLeftMs ?? 0;
      if (leftMs > 0) pauses.push((clock.now() + leftMs) / 1000);
    }, 5);
    let run: Awaited<ReturnType<typeof drive>>["run"] | undefined;
    const running = drive(world, {
      clock,
      concurrency: 30,
      onStart: (started) => {
        run = started;
      },
    });
    await until(() => pauses.length > 0);
    setFaults(world);
    const driven = await running;
    clearInterval(watch);
    await checkAllSent(driven, 30);
    expect(driven.result.errors).toEqual([
      { errcode: 45011, errmsg: expect.any(String), count: world.sandbox.stats().faults["minute-quota"] },
    ]);
    // Wherever this process loses its core for a moment, that is seconds of this clock.
    expect(pauses.filter((at) => Math.abs(at - 60 * Math.round(at / 60)) > 5)).toEqual([]);
    // Not what a handful of sends in a minute would make of it.
    expect(driven.run.pacer.ratePerSec).toBeGreaterThan(1);
  });

  test("a signal ends the pause: codes are back", async () => {
    await giveUsers(world, 40);
    const before = await world.redis.pools();
    setFaults(world, "minute-quota:100");
    const result = await interrupt(
      world,
      ["--concurrency", "8"],
      () => (world.sandbox.stats().faults["minute-quota"] ?? 0) > 0,
    );
    expect(result.code).toBe(130);
    expect(await checkBooks(world, result, 40)).toMatchObject({
      status: "interrupted",
      outcomes: outcomes({}),
    });
    expect(await world.redis.pools()).toEqual(before);
  });
});
