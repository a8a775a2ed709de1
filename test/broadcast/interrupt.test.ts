import { describe, expect, test } from "vitest";
import { cliEnv, runCli } from "../helpers/cli.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  giveUsers,
  interrupt,
  outcomes,
  setFaults,
  TEMPLATE,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 15, slowMs: 400 } });
const delivered = () => world.sandbox.stats().delivered;

/** Pools must be as they were, but for those of the users who got a message. */
async function checkOthersUntouched(before: Record<string, string[]>): Promise<void> {
  const expected = { ...before };
  for (const openId of Object.keys(world.sandbox.stats().deliveriesByUser)) {
    const key = `mina:openid:${openId}`;
    const rest = before[key]!.slice(1);
    if (rest.length > 0) expected[key] = rest;
    else delete expected[key];
  }
  expect(await world.redis.pools()).toEqual(expected);
}

describe("a signal in mid-run", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s: drains, settles, puts codes back, exit %i", async (name, code) => {
    await giveUsers(world, 300, { codes: 2 });
    const before = await world.redis.pools();
    const result = await interrupt(
      world,
      ["--id", "b-1", "--concurrency", "16"],
      () => delivered() >= 60,
      name,
    );
    expect(result.code, result.stderr).toBe(code);
    const document = await checkBooks(world, result, 600);
    const reason = `interrupted (${name})`;
    expect(document).toMatchObject({ status: "interrupted", reason, open: 0, errors: [] });
    expect(document.outcomes).toEqual(outcomes({ sent: delivered() }));
    expect(document.outcomes.sent).toBeLessThan(300);
    await checkOthersUntouched(before);
    expect(result.stderr).toContain("push-cli broadcast resume b-1");
    expect(await world.redis.client.hget("mina:broadcast:b-1", "status")).toBe("interrupted");
    expect(await world.redis.client.keys("mina:broadcast:b-1:run:*"), "no heartbeat left").toEqual([]);
  });

  test("at any moment: nothing is lost, nobody gets two", async () => {
    for (const moment of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 79]) {
      await world.redis.client.flushall();
      world.sandbox.reset();
      await giveUsers(world, 80);
      const before = await world.redis.pools();
      const result = await interrupt(world, ["--concurrency", "4"], () => delivered() >= moment);
      expect([0, 130]).toContain(result.code);
      const document = await checkBooks(world, result, 80);
      expect(document.outcomes.sent).toBe(delivered());
      await checkOthersUntouched(before);
    }
  });

  test("while requests are slow: their answers are awaited", async () => {
    await giveUsers(world, 40);
    setFaults(world, "slow:100");
    // Until the first answer, five at a time.
    const result = await interrupt(world, ["--concurrency", "8"], () => delivered() >= 5 + 8);
    expect(result.code).toBe(130);
    const document = await checkBooks(world, result, 40);
    expect(document).toMatchObject({ outcomes: outcomes({ sent: 13 }), open: 0 });
    expect(await countCodes(world)).toBe(27);
  });

  test("while attempts are uncertain: those stay claimed, and the document says how many", async () => {
    await giveUsers(world, 60);
    setFaults(world, "reset-after:50");
    const result = await interrupt(world, ["--concurrency", "30"], () => delivered() >= 25);
    expect(result.code).toBe(130);
    const document = await checkBooks(world, result, 60);
    expect(document.outcomes.sent + document.open).toBe(delivered());
    expect(document.open).toBeGreaterThan(0);
  });

  test("that waits for its rate ends at once", async () => {
    await giveUsers(world, 20);
    const result = await interrupt(world, ["--rate", "1/h"], () => delivered() >= 1);
    expect(result.code).toBe(130);
    expect(await checkBooks(world, result, 20)).toMatchObject({ outcomes: outcomes({ sent: 1 }) });
    expect(await countCodes(world)).toBe(19);
  });
});

test("a second signal ends the process at once", async () => {
  await giveUsers(world, 100);
  setFaults(world, "slow:100");
  let signal = (_: "SIGINT") => {};
  const running = broadcast(world, ["--concurrency", "8"], {
    onStart: (deliver) => {
      signal = deliver;
    },
  });
  await until(() => delivered() >= 8);
  signal("SIGINT");
  expect(() => signal("SIGINT")).toThrow("exitNow(130)");
  expect((await running).code).toBe(130);
});

test("the human summary of an interrupted run says how to go on", async () => {
  await giveUsers(world, 100);
  let signal = (_: "SIGINT") => {};
  const running = runCli(
    ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b-1", "--concurrency", "4"],
    {
      env: cliEnv(world.redis.url, world.sandbox.url),
      onStart: (deliver) => {
        signal = deliver;
      },
    },
  );
  await until(() => delivered() >= 10);
  signal("SIGINT");
  const result = await running;
  expect(result.stdout).toContain("status\tinterrupted");
  expect(result.stderr).toContain("stopping: waiting for requests in flight");
  expect(result.stderr).toContain("push-cli broadcast resume b-1");
});
