import { expect, it } from "vitest";
import { assignVariants } from "../../src/broadcast/variants.ts";
import type { Shown } from "../commands/broadcast/commands.ts";
import { useRecorder } from "../helpers/recorder.ts";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const recorder = useRecorder(() => world.sandbox.url);
const USERS = 500;

const api = () => ["--api-base", recorder.url];
const SEND = ["broadcast", TEMPLATE, "--yes", "--id", "b1", "--concurrency", "4", "--seed", "spring"];
const TEXTS = ["--variant", "A:70%=a", "--variant", "B=b"];
const { placeOf } = assignVariants({
  seed: "spring",
  list: [
    { name: "A", share: 0.7, fields: [] },
    { name: "B", share: 0.3, fields: [] },
  ],
})!;

async function json<T>(...argv: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli.run(["broadcast", ...argv, ...api(), "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

it("runs that are killed, resumed and joined send each user the same variant, once, and count it once", async () => {
  await giveUsers(world, USERS);
  const users = Array.from(
    new Set((await world.redis.keys("mina:openid:*")).map((key) => key.slice("mina:openid:".length))),
  );
  const first = cli.start([...SEND, ...TEXTS, ...api()], { stdin: "" });
  await expect.poll(() => recorder.messages.length, { timeout: 30_000 }).toBeGreaterThan(80);
  first.child.kill("SIGKILL");
  await first.done;
  const dead = await json<Shown>("show", "b1");
  const sumOf = ({ variants = [] }: Shown) => variants.reduce((sum, { outcomes }) => sum + outcomes.sent, 0);
  expect(dead.status).toBe("dead");
  expect(sumOf(dead)).toBe(dead.outcomes?.sent);
  const second = cli.start(["broadcast", "resume", "b1", "--yes", "--concurrency", "4", ...api()], {
    stdin: "",
  });
  const before = recorder.messages.length;
  await expect.poll(() => recorder.messages.length, { timeout: 30_000 }).toBeGreaterThan(before + 60);
  const joined = cli.start(["broadcast", "resume", "b1", "--join", "--yes", "--json", ...api()], {
    stdin: "",
  });
  await expect.poll(() => recorder.messages.length, { timeout: 30_000 }).toBeGreaterThan(before + 120);
  second.child.kill("SIGKILL");
  await second.done;
  const { code, stdout, stderr } = await joined.done;
  expect(code, stderr).toBe(0);
  const counts = [0, 1].map((place) => users.filter((openId) => placeOf(openId) === place).length);
  for (const found of [
    JSON.parse(stdout) as Shown,
    await json<Shown>("show", "b1"),
    await json<Shown>("show", "b1", "--exact"),
  ])
    expect(found).toMatchObject({
      status: "finished",
      outcomes: { sent: USERS },
      variants: [
        { name: "A", recipients: counts[0], outcomes: { sent: counts[0] } },
        { name: "B", recipients: counts[1], outcomes: { sent: counts[1] } },
      ],
    });
  expect(recorder.messages).toHaveLength(USERS);
  for (const openId of users)
    expect(recorder.textsOf(openId), openId).toEqual([{ keywords: [["a", "b"][placeOf(openId)]] }]);
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1, duplicates: 0 });
});
