import { expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const delivered = () => world.sandbox.stats().delivered;

it.each([
  ["cancel", "cancelled"],
  ["pause", "paused"],
] as const)("a frozen run that was taken for dead obeys %s when it wakes up", async (verb, status) => {
  await giveUsers(world, 1000);
  const args = ["--yes", "--no-keywords", "--id", "b1", "--concurrency", "2"];
  const sending = cli.start(["broadcast", TEMPLATE, ...args], { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(20);
  sending.child.kill("SIGSTOP");
  try {
    // Until its heartbeat has lapsed.
    const halted = await cli.run(["broadcast", verb, "b1"]);
    expect(halted.code, halted.stderr).toBe(0);
    expect(halted.stdout).toContain(`status\t${status}\n`);
  } finally {
    sending.child.kill("SIGCONT");
  }
  const before = delivered();
  const { code, stdout } = await sending.done;
  expect(code).toBe(9);
  expect(stdout).toContain(`status\t${status}\n`);
  expect(delivered() - before, "the requests that were under way").toBeLessThan(20);
  const left = (await world.redis.keys("mina:openid:*")).length;
  expect(left + delivered(), "each code is spent or back").toBe(1000);
  const shown = await cli.run(["broadcast", "show", "b1", "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ status, outcomes: { sent: delivered() } });
  expect((await cli.run(["broadcast", "resume", "b1", "--yes", "--quiet"])).code).toBe(
    verb === "pause" ? 0 : 3,
  );
  expect(world.sandbox.stats().maxPerUser).toBe(1);
});

it("a frozen run that was taken over sends nothing more when it wakes up, and leaves nobody out", async () => {
  const users = 400;
  await giveUsers(world, users);
  const args = ["--yes", "--no-keywords", "--id", "b1", "--concurrency", "4"];
  const sending = cli.start(["broadcast", TEMPLATE, ...args], { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(20);
  sending.child.kill("SIGSTOP");
  // Slow enough to be in the middle when the other one wakes up.
  const taking = cli.start(["broadcast", "resume", "b1", "--yes", "--json", "--concurrency", "2"], {
    stdin: "",
  });
  try {
    await taking.shows(/may still be alive: waiting up to \d+ s/);
    const before = delivered();
    await expect.poll(delivered).toBeGreaterThan(before + 20);
  } finally {
    sending.child.kill("SIGCONT");
  }
  const fenced = await sending.done;
  expect(fenced.code, fenced.stderr).toBe(10);
  expect(fenced.stderr).toContain("this run's heartbeat lapsed");
  const taken = await taking.done;
  expect(taken.code, taken.stderr).toBe(0);
  expect(JSON.parse(taken.stdout)).toMatchObject({
    status: "finished",
    recipients: users,
    outcomes: { sent: users },
    open: 0,
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1 });
  expect(await world.redis.keys("mina:openid:*")).toEqual([]);
});
