import { describe, expect, test } from "vitest";
import { main } from "../../../src/main.ts";
import {
  broadcast,
  dumpAll,
  giveCode,
  giveUsers,
  interrupt,
  setFaults,
  useWorld,
} from "../../broadcast/world.ts";
import { cliEnv } from "../../helpers/cli.ts";
import { fakeIo } from "../../output/fake-io.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const RECORD = "mina:broadcast:b-1";
const DAY_MS = 24 * 3600 * 1000;
const delivered = () => world.sandbox.stats().delivered;
const resume = (...args: string[]) => inPipe(world, ["resume", "b-1", "--json", "--yes", ...args]);

/** Answers a question once it stands there, and after something else has happened. */
async function answerAfter(argv: string[], question: RegExp, first: () => Promise<unknown>) {
  const env = { NO_COLOR: "1", ...cliEnv(world.redis.url, world.sandbox.url) };
  const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], columns: 80, env, cwd: "/nonexistent" });
  const running = main(["broadcast", ...argv], io);
  while (!question.test(io.stderr.text())) await new Promise((resolve) => setTimeout(resolve, 2));
  await first();
  io.stdin.end("y\n");
  return { code: await running, stderr: io.stderr.text() };
}

test("a broadcast whose first ledgers may have lapsed is not resumed, however lately it was: they'd get it again", async () => {
  await giveUsers(world, 12, { codes: 2 });
  await broadcast(world, ["--id", "b-1", "--limit", "4"]);
  expect((await resume("--limit", "8")).code).toBe(0);
  await world.redis.client.hset(RECORD, "startedAtMs", String(Date.now() - 7 * DAY_MS - 1000));
  const before = await dumpAll(world);
  const result = await resume("--limit", "none");
  expect(result).toMatchObject({ code: 3, stdout: "" });
  expect(errorOf(result).message).toBe("broadcast 'b-1' began more than 7 days ago");
  expect(await dumpAll(world)).toEqual(before);
  expect(delivered()).toBe(8);
});

test("a broadcast whose list is gone is not called finished", async () => {
  const users = await giveUsers(world, 40);
  const args = ["--id", "b-1", "--concurrency", "2", "--to", ...users];
  expect((await interrupt(world, args, () => delivered() >= 5)).code).toBe(130);
  await world.redis.client.del(...(await world.redis.keys(`${RECORD}:audience:*`)));
  const result = await resume();
  expect(result.code).toBe(3);
  expect(errorOf(result).message).toContain("the list of users of broadcast 'b-1' is gone");
  expect(await world.redis.client.hget(RECORD, "status")).toBe("stopped");
});

describe("users who ran out of codes, and have one again", () => {
  const giveLate = async (count: number, expire: number | undefined, name: string) => {
    for (let i = 0; i < count; i++)
      await giveCode(world, `late${i}`, `late${i}-${name}`, expire === undefined ? {} : { expire });
  };

  test("count against the limit as anybody else", async () => {
    await giveLate(10, 1, "old");
    await giveUsers(world, 6);
    // The whole audience is met: the expired pools go, and leave a record each.
    await broadcast(world, ["--id", "b-1", "--limit", "1", "--concurrency", "1"]);
    await broadcast(world, ["--id", "other", "--to", ...Array.from({ length: 10 }, (_, i) => `late${i}`)]);
    await giveLate(10, undefined, "new");
    const before = delivered();
    const dry = (await resume("--limit", "4", "--dry-run")).json<{ wouldSend: number }>();
    expect(dry.wouldSend).toBe(3);
    expect((await resume("--limit", "4")).code).toBe(0);
    expect(delivered() - before).toBe(3);
  });

  test("are left alone when only those that failed are tried again", async () => {
    await giveLate(10, 1, "old");
    await giveUsers(world, 3, { codes: 2 });
    setFaults(world, "unlisted:100");
    await broadcast(world, ["--id", "b-1"]);
    setFaults(world);
    await giveLate(10, undefined, "new");
    const dry = (await resume("--retry-failed", "--dry-run")).json<{ wouldSend: number }>();
    expect(dry.wouldSend).toBe(3);
    const result = await resume("--retry-failed");
    expect(result.json()).toMatchObject({ outcomes: { sent: 3, failed: 0, no_code: 10 } });
    expect(delivered()).toBe(3);
  });
});

test("a trial can be widened after its failed ones were tried again", async () => {
  await giveLateAndGood();
  setFaults(world, "unlisted:100");
  await broadcast(world, ["--id", "b-1", "--limit", "4", "--concurrency", "1"]);
  setFaults(world);
  expect((await resume("--retry-failed")).json()).toMatchObject({ outcomes: { sent: 4, failed: 0 } });
  const wide = await resume("--limit", "none");
  expect(wide.code, wide.stderr).toBe(0);
  expect(wide.json()).toMatchObject({ status: "finished", outcomes: { sent: 12 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 12, maxPerUser: 1 });
});

async function giveLateAndGood(): Promise<void> {
  for (let i = 0; i < 3; i++) await giveCode(world, `late${i}`, `late${i}-a`, { expire: 1_568_000_000_000 });
  await giveUsers(world, 12, { codes: 2 });
}

describe("while the question stands", () => {
  const stopHalfway = async () => {
    await giveUsers(world, 40);
    const args = ["--id", "b-1", "--concurrency", "2"];
    expect((await interrupt(world, args, () => delivered() >= 5)).code).toBe(130);
  };

  test("a broadcast that is deleted is not resumed", async () => {
    await stopHalfway();
    const before = delivered();
    const remove = () => inPipe(world, ["delete", "b-1", "--yes"]);
    const { code, stderr } = await answerAfter(["resume", "b-1"], /\[y\/N\] $/, remove);
    expect([code, stderr]).toEqual([3, expect.stringContaining("'b-1' was deleted meanwhile")]);
    expect(delivered()).toBe(before);
    expect(await world.redis.keys(`${RECORD}*`)).toEqual([]);
  });

  test("one that another resume finishes is left as it is", async () => {
    await stopHalfway();
    const { code, stderr } = await answerAfter(["resume", "b-1"], /\[y\/N\] $/, () => resume());
    expect([code, stderr]).toEqual([3, expect.stringContaining("'b-1' is finished")]);
    const shown = (await inPipe(world, ["show", "b-1", "--json"])).json();
    expect(shown).toMatchObject({ status: "finished", outcomes: { sent: 40 } });
  });

  test("one that a run begins to work on is not deleted", async () => {
    await stopHalfway();
    const begin = () =>
      world.redis.client.set(`${RECORD}:run:${"x".repeat(12)}`, "{}", "PX", 60_000).then(() =>
        world.redis.client.hset(
          RECORD,
          `run:${"x".repeat(12)}`,
          JSON.stringify({
            runId: "x".repeat(12),
            host: "elsewhere",
            pid: 1,
            sinceMs: Date.now(),
            untilMs: Date.now(),
            codes: { spent: 0, expired: 0, refused: 0, released: 0 },
            errors: [],
          }),
        ),
      );
    const { code } = await answerAfter(["delete", "b-1"], /\[y\/N\] $/, begin);
    expect(code).toBe(10);
    expect(await world.redis.client.exists(RECORD)).toBe(1);
  });
});

test("--quiet does not hide what a question is about", async () => {
  await giveUsers(world, 2);
  const { code, stderr } = await atTerminal(world, ["order-shipped", "--quiet"], "n\n");
  expect(code).toBe(11);
  expect(stderr).toMatch(/^audience .*2 users/m);
  expect(stderr).toMatch(/^keywords +none/m);
});

test("a resume through another API by --yes says so, and the record keeps where it began", async () => {
  await giveUsers(world, 30);
  const args = ["--id", "b-1", "--concurrency", "2"];
  expect((await interrupt(world, args, () => delivered() >= 5)).code).toBe(130);
  await world.redis.client.hset(RECORD, "apiBase", "http://127.0.0.1:9");
  const result = await resume("--api-base", world.sandbox.url);
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toContain(
    `through ${world.sandbox.url}, but the broadcast was started through http://127.0.0.1:9\n`,
  );
  expect(await world.redis.client.hget(RECORD, "apiBase")).toBe("http://127.0.0.1:9");
});
