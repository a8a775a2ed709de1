import { expect, test } from "vitest";
import { giveUsers, interrupt, setFaults, useWorld } from "../../broadcast/world.ts";
import { moveRunFarAway, type Shown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 10 } });
const { run, begin, delivered, screen } = useCommands(world);

test.each([["--json"], []])(
  "without a broadcast is no error: a quiet line, nothing on stdout (%s)",
  async (...args) => {
    const result = await run(["list", ...args]);
    expect(result).toMatchObject({ code: 0, stdout: "", stderr: "no broadcasts found\n" });
    expect(await run(["list", "--quiet", ...args])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const filtered = await run(["list", "--status", "dead,stopped", ...args]);
    expect(filtered).toMatchObject({ code: 0, stdout: "", stderr: "no broadcasts are dead,stopped\n" });
  },
);

/** One broadcast of each status but running, the oldest first. */
async function makeAll(): Promise<void> {
  await giveUsers(world, 200, { codes: 8 });
  const args = ["--concurrency", "4"];
  const half = async (id: string) => {
    const from = delivered();
    return interrupt(world, ["--id", id, ...args], () => delivered() >= from + 5);
  };
  await half("b-dead");
  await world.redis.client.del(await moveRunFarAway(world, "b-dead"));
  await half("b-interrupted");
  await half("b-cancelled");
  expect((await run(["cancel", "b-cancelled"])).code).toBe(0);
  const pausing = await begin(["--id", "b-paused", "--concurrency", "1"], delivered() + 3);
  expect((await run(["pause", "b-paused"])).code).toBe(0);
  await pausing.done;
  const stopping = await begin(["--id", "b-stopped", ...args], delivered() + 3);
  setFaults(world, "withdrawn:100");
  await stopping.done;
  setFaults(world);
  await (await begin(["--id", "b-finished", "--concurrency", "32"])).done;
}

const STATUSES = ["finished", "stopped", "paused", "cancelled", "interrupted", "dead"];

test("has one row a broadcast, the newest first, and --status leaves the others out", async () => {
  await makeAll();
  const lines = (await run(["list", "--json"])).lines<Shown>();
  expect(lines.map(({ broadcastId, status }) => [broadcastId, status])).toEqual(
    STATUSES.map((status) => [`b-${status}`, status]),
  );
  for (const { broadcastId, next } of lines) {
    const goesOn = !["b-finished", "b-cancelled"].includes(broadcastId);
    expect(next, broadcastId).toBe(goesOn ? `push-cli broadcast resume ${broadcastId}` : undefined);
  }
  for (const status of STATUSES) {
    const { stdout, code } = await run(["list", "--status", status]);
    expect(code).toBe(0);
    expect(stdout.split("\t").slice(0, 4)).toEqual([`b-${status}`, expect.any(String), status, "template-1"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  }
  const some = (await run(["list", "--json", "--status", "dead, stopped"])).lines<Shown>();
  expect(some.map(({ status }) => status)).toEqual(["stopped", "dead"]);
  expect((await run(["list", "--status", "running"])).stdout).toBe("");
  expect((await run(["list", "--limit", "2"])).stdout.trimEnd().split("\n")).toHaveLength(2);

  const { stdout, code } = await screen(["list"]);
  expect(code).toBe(0);
  const rows = stdout.trimEnd().split("\n");
  expect(rows[0]).toMatch(/id +age +status +template +sent +errors +to go/);
  for (const status of STATUSES) expect(stdout).toMatch(new RegExp(`b-${status} .* ${status} `));
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
});

test.each(["finnished", "", "dead,", "DEAD"])(
  "a status that there is not is exit 2: '%s'",
  async (status) => {
    const result = await run(["list", "--status", status]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(/--status: '.*' is not a status/);
    expect(result.stderr).toContain("running, dead, interrupted, stopped, paused, cancelled, finished");
  },
);

test("the sent, the failed and the unknown, and to go are in a row", async () => {
  await giveUsers(world, 60);
  setFaults(world, "unlisted:15");
  await (await begin(["--id", "b-1", "--concurrency", "1", "--max-errors", "100"])).done;
  const [line] = (await run(["list", "--json"])).lines<Shown>();
  const { sent, failed, unknown } = line!.outcomes!;
  expect(failed).toBeGreaterThan(0);
  const row = (await run(["list"])).stdout.trimEnd().split("\t");
  expect(row.slice(4)).toEqual([sent, failed, unknown, 0].map(String));
  expect((await screen(["list"])).stdout).toMatch(new RegExp(` ${sent} +${failed + unknown} +0\\n$`));
});
