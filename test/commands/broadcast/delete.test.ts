import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  dumpAll,
  giveUsers,
  ledgers,
  outcomes,
  setFaults,
  until,
  useWorld,
} from "../../broadcast/world.ts";
import { unwrap } from "../world.ts";
import { atTerminal, errorOf, inPipe, pressCtrlC } from "./at-terminal.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const remove = (args: string[] = []) => inPipe(world, ["delete", "b-1", ...args]);
const keysOf = (id: string) => world.redis.keys(`mina:broadcast:${id}*`);
const listed = () => world.redis.client.zrange("mina:broadcasts", "0", "-1");

/** A broadcast to listed users that stopped, with its list. */
async function stopListed(): Promise<void> {
  const openIds = await giveUsers(world, 10, { codes: 2 });
  setFaults(world, "withdrawn:100");
  expect((await broadcast(world, ["--id", "b-1", "--to", ...openIds])).code).toBe(9);
  setFaults(world);
  expect(await keysOf("b-1")).toHaveLength(2);
}

describe("delete --dry-run", () => {
  test("says what would be forgotten, asks nobody, and changes nothing", async () => {
    await stopListed();
    const before = await dumpAll(world);
    expect(await remove(["--dry-run", "--format", "table"])).toMatchObject({
      code: 0,
      stdout: "would delete broadcast b-1: stopped, 0 sent, to go 10\n",
    });
    const { stdout } = await remove(["--dry-run", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ broadcastId: "b-1", deleted: false, dryRun: true });
    expect(await dumpAll(world)).toEqual(before);
  });
});

describe("delete at a terminal", () => {
  test("says what would be forgotten, and asks", async () => {
    await stopListed();
    const before = await dumpAll(world);
    const { code, stderr } = await atTerminal(world, ["delete", "b-1"], "n\n");
    expect(code).toBe(11);
    expect(stderr).toContain("broadcast b-1: stopped, 0 sent, to go 10\n");
    expect(unwrap(stderr)).toContain(
      "it can't be resumed after that, and claims without an outcome keep their codes or consents\n",
    );
    expect(stderr).toContain("Delete broadcast b-1? [y/N] ");
    expect(stderr).toContain("not confirmed; nothing was deleted");
    expect(await dumpAll(world)).toEqual(before);
  });

  test("deletes after y", async () => {
    await stopListed();
    const { code, stderr } = await atTerminal(world, ["delete", "b-1"], "y\n");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("deleted broadcast b-1; the users' ledgers are kept");
    expect(await keysOf("b-1")).toEqual([]);
  });

  test("does not after Ctrl-C: exit 130", async () => {
    await stopListed();
    const before = await dumpAll(world);
    const { code, stderr } = await pressCtrlC(world, ["delete", "b-1"], /\[y\/N\]/);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted; nothing was deleted");
    expect(await dumpAll(world)).toEqual(before);
  });

  test("does not warn of what is finished", async () => {
    await giveUsers(world, 2);
    await broadcast(world, ["--id", "b-1"]);
    const { stderr } = await atTerminal(world, ["delete", "b-1"], "n\n");
    expect(stderr).toContain("broadcast b-1: finished, 2 sent, to go 0\n");
    expect(stderr).not.toContain("resumed");
  });
});

describe("delete in a script", () => {
  test("is refused without --yes: exit 11", async () => {
    await stopListed();
    const before = await dumpAll(world);
    for (const args of [["--json"], ["--json", "--no-input"]]) {
      const result = await remove(args);
      expect(result).toMatchObject({ code: 11, stdout: "" });
      expect(errorOf(result)).toMatchObject({ code: "confirm", hint: "use --yes to confirm" });
    }
    expect(await dumpAll(world)).toEqual(before);
  });

  test.each(["-y", "--yes"])("%s: record, list and entry go, ledgers and pools stay", async (flag) => {
    const openIds = await giveUsers(world, 10, { codes: 2 });
    await broadcast(world, ["--id", "b-1", "--limit", "4", "--to", ...openIds]);
    await broadcast(world, ["--id", "b-2", "--to", "u9"]);
    expect(await keysOf("b-1")).toHaveLength(2);
    const before = await dumpAll(world);
    const result = await remove([flag, "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.json()).toEqual({ broadcastId: "b-1", deleted: true });
    expect(await keysOf("b-1")).toEqual([]);
    expect(await listed()).toEqual(["b-2"]);
    const after = await dumpAll(world);
    const others = Object.entries(before).filter(([key]) => !/^mina:broadcast(s$|:b-1)/.test(key));
    expect(Object.entries(after).filter(([key]) => key !== "mina:broadcasts")).toEqual(others);
    for (const argv of [
      ["show", "b-1"],
      ["resume", "b-1", "-y"],
      ["delete", "b-1", "-y"],
    ])
      expect((await inPipe(world, argv)).code, argv[0]).toBe(3);
  });

  test("of what is not there is exit 3", async () => {
    const result = await inPipe(world, ["delete", "b-404", "--yes", "--json"]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(errorOf(result).message).toBe("there is no broadcast 'b-404'");
  });
});

test("what is running is not deleted: exit 10", async () => {
  await giveUsers(world, 60);
  const running = broadcast(world, ["--id", "b-1", "--concurrency", "1"]);
  await until(() => world.sandbox.stats().delivered > 3);
  const result = await remove(["--yes", "--json"]);
  expect(result).toMatchObject({ code: 10, stdout: "" });
  expect(errorOf(result)).toMatchObject({
    code: "locked",
    message: "broadcast 'b-1' is running",
    hint: expect.stringContaining("push-cli broadcast cancel b-1"),
  });
  const ended = await running;
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.json()).toMatchObject({ outcomes: { sent: 60 } });
  expect((await remove(["--yes"])).code).toBe(0);
});

test("a new broadcast of the same id leaves out who has got it", async () => {
  await giveUsers(world, 10, { codes: 2 });
  await broadcast(world, ["--id", "b-1", "--limit", "4"]);
  await remove(["--yes"]);
  const again = await broadcast(world, ["--id", "b-1"]);
  expect(again.code, again.stderr).toBe(0);
  expect(again.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 10, skipped: 4 }));
  expect(world.sandbox.stats()).toMatchObject({ delivered: 10, maxPerUser: 1 });
  expect([...new Set((await ledgers(world)).values())]).toEqual(["sent"]);
});

test("a new broadcast of the same id takes over what was left open, with the same codes", async () => {
  const openIds = await giveUsers(world, 6, { codes: 2 });
  setFaults(world, "withdrawn:100");
  await broadcast(world, ["--id", "b-1", "--to", "u5"]);
  setFaults(world);
  // As a run leaves it that was killed.
  const killed = world.redis.open.stores.ledger({ broadcastId: "b-1", runId: "killed" });
  expect(await killed.claim(["u0", "u1"])).toMatchObject([{ status: "claimed" }, { status: "claimed" }]);
  await remove(["--yes"]);
  const again = await broadcast(world, ["--id", "b-1"]);
  expect(again.code, again.stderr).toBe(0);
  expect(again.json()).toMatchObject({ outcomes: { sent: 6 }, open: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 6, maxPerUser: 1 });
  for (const openId of openIds)
    expect(await world.redis.entries(openId)).toEqual([expect.stringContaining(`${openId}-b`)]);
});
