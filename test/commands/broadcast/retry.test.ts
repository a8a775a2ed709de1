import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { drive, hurriedClock } from "../../broadcast/drive.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  dumpAll,
  giveCode,
  giveUsers,
  interrupt,
  ledgers,
  setFaults,
  until,
  useWorld,
} from "../../broadcast/world.ts";
import { unwrap } from "../world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const START = ["--id", "b-1", "--max-errors", "9999"];
const resume = (args: string[], id = "b-1") =>
  inPipe(world, ["resume", id, "--json", "--yes", "--max-errors", "9999", ...args]);
const prepay = (i: number) => `wx2026112312000000${String(i).padStart(4, "0")}`;

/** Users with codes of three uses each. */
async function givePrepays(count: number) {
  for (let i = 0; i < count; i++) await giveCode(world, `u${i}`, prepay(i), { uses: 3 });
}

describe("--retry-failed", () => {
  test("sends with a new code to those who failed, and to nobody else", async () => {
    await giveUsers(world, 60, { codes: 2 });
    setFaults(world, "unlisted:20");
    const first = await broadcast(world, START);
    expect(first.code).toBe(8);
    const { sent, failed } = (await checkBooks(world, first, 120)).outcomes;
    expect({ failed: failed > 0, all: sent + failed }).toEqual({ failed: true, all: 60 });
    expect(first.json<{ next: string[] }>().next).toContain("push-cli broadcast resume b-1 --retry-failed");
    setFaults(world);

    const dry = await resume(["--retry-failed", "--dry-run"]);
    expect(dry.json()).toMatchObject({ wouldSend: failed, toSend: { fresh: 0, open: 0, retries: failed } });
    const again = await resume(["--retry-failed"]);
    expect(again.code, again.stderr).toBe(0);
    const document = again.json<BroadcastResult>();
    expect(document).toMatchObject({ status: "finished", recipients: 60, outcomes: { sent: 60, failed: 0 } });
    expect(document.codes).toMatchObject({ spent: 60 + failed, refused: 0, released: 0 });
    expect(document.run).toMatchObject({ sent: failed });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 60, maxPerUser: 1 });
    // The code of the failed attempt is spent as well as the new one; what is left is in the pools.
    expect(await countCodes(world)).toBe(120 - 60 - failed);
    expect([...(await ledgers(world)).values()].filter((state) => state !== "sent")).toEqual([]);
  });

  test("makes a finished broadcast a running one, so that a resume that is killed can be resumed", async () => {
    await giveUsers(world, 10, { codes: 2 });
    setFaults(world, "unlisted:100");
    expect((await broadcast(world, START)).json()).toMatchObject({ status: "finished" });
    setFaults(world);
    const running = resume(["--retry-failed", "--rate", "5/s"]);
    await until(() => world.sandbox.stats().delivered > 0);
    const record = await world.redis.open.stores.broadcasts.load("b-1");
    expect(record).toMatchObject({ status: "running" });
    expect(record?.finishedAtMs).toBeUndefined();
    expect((await running).json()).toMatchObject({ status: "finished", outcomes: { sent: 10 } });
  });

  test("leaves failed whom there is no other code for", async () => {
    await giveUsers(world, 6, { prefix: "poor" });
    await giveUsers(world, 4, { codes: 2, prefix: "rich" });
    setFaults(world, "unlisted:100");
    expect((await broadcast(world, START)).json()).toMatchObject({ outcomes: { failed: 10 } });
    setFaults(world);
    const again = await resume(["--retry-failed"]);
    expect(again.code).toBe(8);
    expect(again.json()).toMatchObject({ recipients: 10, outcomes: { sent: 4, failed: 6, no_code: 0 } });
    const states = await ledgers(world);
    for (const [openId, state] of states)
      expect(state, openId).toBe(openId.startsWith("poor") ? "failed" : "sent");
    expect(world.sandbox.stats()).toMatchObject({ delivered: 4, maxPerUser: 1 });
    expect((await inPipe(world, ["show", "b-1", "--json"])).json()).toMatchObject({
      status: "finished",
      outcomes: { sent: 4, failed: 6 },
    });
  });

  test("leaves a trial that was cut by its limit as it was", async () => {
    const openIds = await giveUsers(world, 10, { codes: 3 });
    setFaults(world, "unlisted:100");
    await broadcast(world, [...START, "--limit", "4", "--to", ...openIds]);
    setFaults(world);
    const again = await resume(["--retry-failed"]);
    expect(again.json()).toMatchObject({
      status: "finished",
      recipients: 4,
      outcomes: { sent: 4, failed: 0 },
    });
    const all = await resume(["--limit", "none"]);
    expect(all.json()).toMatchObject({ recipients: 10, outcomes: { sent: 10 } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 10, maxPerUser: 1 });
  });

  test("and a wider limit go together", async () => {
    await giveUsers(world, 10, { codes: 3 });
    setFaults(world, "unlisted:100");
    await broadcast(world, [...START, "--limit", "4"]);
    setFaults(world);
    const both = ["--retry-failed", "--limit", "7"];
    expect((await resume([...both, "--dry-run"])).json()).toMatchObject({
      wouldSend: 7,
      toSend: { fresh: 3, open: 0, retries: 4 },
    });
    expect((await resume(both)).json()).toMatchObject({ outcomes: { sent: 7, failed: 0 } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 7, maxPerUser: 1 });
  });

  test("--last is the newest that has some", async () => {
    await giveUsers(world, 3, { codes: 2 });
    setFaults(world, "unlisted:100");
    await broadcast(world, START);
    setFaults(world);
    await broadcast(world, ["--id", "b-2", "--to", "u0"]);
    const last = await inPipe(world, ["resume", "--last", "--retry-failed", "--yes", "--json"]);
    expect(last.json()).toMatchObject({ broadcastId: "b-1" });
    const none = await inPipe(world, ["resume", "--last", "--yes", "--json"]);
    expect(none).toMatchObject({ code: 3, stdout: "" });
  });

  test("that fails again leaves them failed", async () => {
    await giveUsers(world, 5, { codes: 3 });
    setFaults(world, "unlisted:100");
    await broadcast(world, START);
    const again = await resume(["--retry-failed"]);
    expect(again.code).toBe(8);
    expect(again.json()).toMatchObject({ outcomes: { sent: 0, failed: 5 } });
    expect(await countCodes(world)).toBe(5);
    setFaults(world);
    expect((await resume(["--retry-failed"])).json()).toMatchObject({ outcomes: { sent: 5, failed: 0 } });
    expect(await world.redis.pools()).toEqual({});
  });

  test("takes another use of a code with several", async () => {
    await givePrepays(8);
    setFaults(world, "unlisted:100");
    expect((await broadcast(world, START)).json()).toMatchObject({ outcomes: { failed: 8 } });
    setFaults(world);
    const again = await resume(["--retry-failed"]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.json()).toMatchObject({ outcomes: { sent: 8, failed: 0 } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 8, maxPerUser: 1 });
    for (let i = 0; i < 8; i++) expect(JSON.parse((await world.redis.entries(`u${i}`))[0]!).uses).toBe(1);
  });

  test("goes on with an interrupted broadcast as well", async () => {
    await giveUsers(world, 30, { codes: 2 });
    setFaults(world, "unlisted:40");
    const enough = () => world.sandbox.stats().requests >= 12;
    const args = [...START, "--concurrency", "1", "--rate", "60/s"];
    const stopped = await interrupt(world, args, enough);
    expect(stopped.code).toBe(130);
    expect(stopped.json<BroadcastResult>().outcomes.failed).toBeGreaterThan(0);
    setFaults(world);
    const again = await resume(["--retry-failed"]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.json()).toMatchObject({ recipients: 30, outcomes: { sent: 30, failed: 0 } });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 30, maxPerUser: 1 });
  });
});

describe("--retry-unknown", () => {
  test.each([
    ["reset", 1],
    ["reset-after", 2],
  ])("sends with another use of the same code after %s: at most %s each", async (fault, most) => {
    await givePrepays(20);
    setFaults(world, `${fault}:40`);
    const first = await broadcast(world, START);
    expect(first.code).toBe(8);
    const { unknown } = first.json<BroadcastResult>().outcomes;
    expect(unknown).toBeGreaterThan(0);
    expect(first.json<{ next: string[] }>().next).toContain("push-cli broadcast resume b-1 --retry-unknown");
    setFaults(world);

    const dry = await resume(["--retry-unknown", "--dry-run"]);
    expect(dry.json()).toMatchObject({ wouldSend: unknown, toSend: { retries: unknown } });
    const again = await resume(["--retry-unknown"]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.json()).toMatchObject({
      recipients: 20,
      outcomes: { sent: 20, unknown: 0 },
      run: { sent: unknown },
    });
    expect(world.sandbox.stats().maxPerUser).toBe(most);
    expect([...(await ledgers(world)).values()].filter((state) => state !== "sent")).toEqual([]);
  });

  test.each(["busy", "busy-delivered"])(
    "with single-use codes sends with the same one: nobody twice (%s)",
    async (fault) => {
      await giveUsers(world, 60, { codes: 2 });
      setFaults(world, `${fault}:30`);
      const { result } = await drive(world, {
        clock: hurriedClock(20),
        maxAttempts: 1,
        maxErrors: { share: 1 },
      });
      expect(result.status).toBe("finished");
      expect(result.outcomes.unknown).toBeGreaterThan(0);
      setFaults(world);
      const again = await resume(["--retry-unknown"], result.broadcastId);
      expect(again.code, again.stderr).toBe(0);
      const document = await checkBooks(world, again, 120);
      expect(document).toMatchObject({ outcomes: { sent: 60, unknown: 0 }, codes: { spent: 60 } });
      expect(world.sandbox.stats()).toMatchObject({ delivered: 60, maxPerUser: 1 });
    },
  );

  test("is warned of in the question", async () => {
    await givePrepays(3);
    setFaults(world, "busy:100");
    await broadcast(world, START);
    const before = await dumpAll(world);
    const { code, stderr } = await atTerminal(world, ["resume", "b-1", "--retry-unknown"], "n\n");
    expect(code).toBe(11);
    expect(stderr).toMatch(/^to go +0 users not yet sent to, 3 to retry$/m);
    expect(unwrap(stderr)).toMatch(/^warning +--retry-unknown: .* deliver the message twice$/m);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("and --retry-failed together try both again", async () => {
    await givePrepays(30);
    setFaults(world, "reset:30", "unlisted:30");
    const first = (await broadcast(world, START)).json<BroadcastResult>().outcomes;
    expect(first.failed * first.unknown).toBeGreaterThan(0);
    setFaults(world);
    const again = await resume(["--retry-unknown", "--retry-failed"]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.json()).toMatchObject({
      outcomes: { sent: 30, failed: 0, unknown: 0 },
      run: { sent: first.failed + first.unknown },
    });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 30, maxPerUser: 1 });
  });
});

describe("a retry with nothing to do: exit 3, and nothing changes", () => {
  test.each([
    ["--retry-failed"],
    ["--retry-unknown"],
    ["--retry-failed", "--retry-unknown"],
    ["--retry-failed", "--dry-run"],
  ])("%s %s of a broadcast that reached all", async (...flags) => {
    await giveUsers(world, 5, { codes: 2 });
    await broadcast(world, START);
    const before = await dumpAll(world);
    const { requests } = world.sandbox.stats();
    for (let round = 0; round < 2; round++) {
      const result = await resume(flags.filter((flag) => flag !== undefined));
      expect(result).toMatchObject({ code: 3, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        code: "nothing",
        message: expect.stringMatching(/'b-1' is finished, and no recipient's outcome is (failed|unknown)/),
      });
    }
    expect(world.sandbox.stats().requests).toBe(requests);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("--retry-unknown where there are only failed ones", async () => {
    await giveUsers(world, 5, { codes: 2 });
    setFaults(world, "unlisted:100");
    await broadcast(world, START);
    setFaults(world);
    const before = await dumpAll(world);
    expect((await resume(["--retry-unknown"])).code).toBe(3);
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  test("nor at a terminal, where nothing is asked", async () => {
    await giveUsers(world, 2);
    await broadcast(world, START);
    const { code, stderr } = await atTerminal(world, ["resume", "b-1", "--retry-failed"], "y\n");
    expect(code).toBe(3);
    expect(stderr).not.toContain("[y/N]");
  });
});
