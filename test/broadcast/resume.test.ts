import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { type CliOptions, cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry } from "../helpers/redis.ts";
import {
  broadcast,
  checkBooks,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 10 } });
const delivered = () => world.sandbox.stats().delivered;
const faultsOf = (kind: string) => world.sandbox.stats().faults[kind] ?? 0;

function resume(id: string, args: string[] = [], options: CliOptions = {}) {
  return runCli(["broadcast", "resume", id, "--json", "--yes", ...args], {
    ...options,
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
}

/** The document of the whole broadcast: everybody sent to, nothing left open. */
async function checkFinished(result: Awaited<ReturnType<typeof resume>>, users: number, codes: number) {
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, codes);
  expect(document).toMatchObject({
    status: "finished",
    recipients: users,
    outcomes: { sent: users },
    open: 0,
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1 });
}

test("after a signal, resume sends to the others, and to nobody twice", async () => {
  await giveUsers(world, 200);
  setFaults(world, "reset-after:6", "busy:4");
  const stopped = await interrupt(world, ["--id", "b-1", "--concurrency", "16"], () => delivered() >= 60);
  expect(stopped.code).toBe(130);
  await checkFinished(await resume("b-1"), 200, 200);
});

test("users whose pools went with their expired codes are still counted after a resume, each once", async () => {
  await giveUsers(world, 100);
  const batch = world.redis.client.pipeline();
  for (let i = 0; i < 100; i++) batch.rpush(`mina:openid:old${i}`, plainEntry(`old${i}`, 1_568_000_000_000));
  await batch.exec();
  const stopped = await interrupt(world, ["--id", "b-1", "--concurrency", "8"], () => delivered() >= 60);
  expect(stopped.code).toBe(130);
  expect((await world.redis.keys("mina:openid:old*")).length).toBeLessThan(100);
  const result = await resume("b-1");
  expect(result.json<BroadcastResult>()).toMatchObject({
    recipients: 200,
    outcomes: { sent: 100, no_code: 100 },
    codes: { spent: 100, expired: 100 },
  });
});

test("after many signals too", async () => {
  await giveUsers(world, 150, { codes: 2 });
  setFaults(world, "5xx-after:6");
  const first = await interrupt(world, ["--id", "b-1", "--concurrency", "8"], () => delivered() >= 20);
  expect(first.code).toBe(130);
  for (let round = 0; round < 4; round++) {
    const before = delivered();
    let signal = (_: "SIGTERM") => {};
    const running = resume("b-1", ["--concurrency", "8"], {
      onStart: (deliver) => {
        signal = deliver;
      },
    });
    await until(() => delivered() >= before + 10);
    signal("SIGTERM");
    expect((await running).code).toBe(143);
  }
  await checkFinished(await resume("b-1"), 150, 300);
});

test("after a fatal answer, resume goes on once the cause is mended", async () => {
  await giveUsers(world, 120);
  const running = broadcast(world, ["--id", "b-1", "--concurrency", "8"]);
  await until(() => delivered() >= 30);
  setFaults(world, "withdrawn:100");
  expect((await running).code).toBe(9);
  setFaults(world);
  await checkFinished(await resume("b-1"), 120, 120);
});

test("a resume whose connection is cut again and again leaves nobody out", async () => {
  await giveUsers(world, 80, { codes: 2 });
  setFaults(world, "reset-after:5");
  await interrupt(world, ["--id", "b-1", "--concurrency", "8"], () => delivered() >= 20);
  let ended = false;
  const cutting = (async () => {
    while (!ended) {
      const before = delivered();
      await until(() => ended || delivered() >= before + 5);
      await world.redis.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
  })();
  const result = await resume("b-1", ["--concurrency", "4"]);
  ended = true;
  await cutting;
  await checkFinished(result, 80, 160);
});

test("a joined run takes over what an interrupted one leaves, also of users with more codes", async () => {
  await giveUsers(world, 120, { codes: 2 });
  setFaults(world, "reset-after:60");
  let signal = (_: "SIGINT") => {};
  const first = broadcast(world, ["--id", "b-1", "--concurrency", "30"], {
    onStart: (deliver) => {
      signal = deliver;
    },
  });
  await until(() => faultsOf("reset-after") >= 30);
  const joined = resume("b-1", ["--join", "--concurrency", "4"]);
  await until(() => faultsOf("reset-after") >= 60);
  setFaults(world);
  await new Promise((next) => setTimeout(next, 50));
  signal("SIGINT");
  const interrupted = await first;
  expect([0, 130]).toContain(interrupted.code);
  await checkFinished(await joined, 120, 240);
  expect([...new Set((await ledgers(world)).values())]).toEqual(["sent"]);
});

test("two joined runs share the audience: each user once, totals of both in both documents", async () => {
  await giveUsers(world, 400);
  const first = broadcast(world, ["--id", "b-1", "--concurrency", "8"]);
  await until(() => delivered() >= 40);
  const joined = await resume("b-1", ["--join", "--concurrency", "8"]);
  await checkFinished(await first, 400, 400);
  expect(joined.code, joined.stderr).toBe(0);
  expect(joined.json<BroadcastResult>()).toMatchObject({ recipients: 400, outcomes: { sent: 400 } });
});

test("what is finished or was never there is nothing to resume: exit 3", async () => {
  await giveUsers(world, 1);
  expect((await broadcast(world, ["--id", "b-1"])).json<BroadcastResult>().outcomes).toEqual(
    outcomes({ sent: 1 }),
  );
  for (const id of ["b-1", "b-404"]) {
    const result = await resume(id);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(result.stderr).error).toMatchObject({
      code: "nothing",
      message: expect.stringContaining(`'${id}'`),
      hint: expect.any(String),
    });
  }
  expect(delivered()).toBe(1);
});
