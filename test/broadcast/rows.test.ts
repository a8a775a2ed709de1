import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { start, useCommands } from "../commands/broadcast/commands.ts";
import { useRecorder } from "../helpers/recorder.ts";
import { giveUsers, outcomes, setFaults, until, useFolder, useWorld } from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const recorder = useRecorder(() => world.sandbox.url);
const dir = useFolder();
const { run, show, resume } = useCommands(world);
const env = () => ({ env: { PUSH_CLI_API_BASE: recorder.url } });

const KEYWORDS = ["--keywords", "Dear {{name}}", "--max-errors", "9999"];

/** Users u0, u1 ... whose names tell who they are; `bad` of them have none. */
async function send(users: number, args: string[], { bad = 0, codes = 1 } = {}) {
  await giveUsers(world, users, { codes });
  const rows = Array.from({ length: users }, (_, i) => `u${i},name ${i}`);
  for (let i = 0; i < bad; i++) rows.splice(i * 3, 0, `bad${i}`);
  const file = join(dir, `${Math.random()}.csv`);
  writeFileSync(file, `openId,name\n${rows.join("\n")}\n`);
  const line = ["t", "--yes", "--json", "--id", "b-1", "--to-file", file, ...KEYWORDS, ...args];
  return start((options) => run(line, { ...options, ...env() }));
}

/** Everybody got one message, and it was their own. */
function checkMessages(users: number): void {
  expect(recorder.messages).toHaveLength(users);
  for (let i = 0; i < users; i++)
    expect(recorder.textsOf(`u${i}`)).toEqual([{ keywords: [`Dear name ${i}`] }]);
}

test("a resume needs no file: the rows are in Redis, and go when nobody needs them", async () => {
  const sending = await send(200, ["--concurrency", "8", "--skip-bad-rows"], { bad: 3 });
  await until(() => recorder.messages.length >= 50);
  expect(await world.redis.client.keys("mina:broadcast:b-1:audience:*")).toHaveLength(1);
  sending.signal("SIGINT");
  const stopped = await sending.done;
  expect(stopped.code).toBe(130);
  expect(stopped.json<BroadcastResult>().outcomes.invalid).toBe(3);
  const { outcomes: shown, toGo } = await show("b-1");
  expect(shown).toMatchObject({ invalid: 3, sent: recorder.messages.length });
  expect(toGo).toBe(200 - recorder.messages.length);
  const exact = await show("b-1", "--exact");
  expect(exact).toMatchObject({ outcomes: shown, toGo });
  const dry = await resume("b-1", ["--dry-run"], env());
  expect(dry.json()).toMatchObject({ wouldSend: toGo, outcomes: { invalid: 3 } });
  const report = join(dir, "later");
  const done = await resume("b-1", ["--report", report], env());
  expect(done.code, done.stderr).toBe(8);
  const expected = { recipients: 203, toGo: 0, outcomes: { sent: 200, invalid: 3 } };
  expect(done.json()).toMatchObject(expected);
  expect(await show("b-1")).toMatchObject(expected);
  checkMessages(200);
  expect(await world.redis.client.keys("mina:broadcast:b-1:audience:*")).toEqual([]);
});

test("--limit does not count rows that were left out, and a wider one goes on", async () => {
  const first = await (await send(30, ["--limit", "10", "--skip-bad-rows"], { bad: 4 })).done;
  expect(first.code, first.stderr).toBe(8);
  expect(first.json()).toMatchObject({ recipients: 14, outcomes: outcomes({ sent: 10, invalid: 4 }) });
  const rest = await resume("b-1", ["--limit", "none"], env());
  expect(rest.json()).toMatchObject({ recipients: 34, outcomes: { sent: 30, invalid: 4 } });
  checkMessages(30);
});

test("a retry after the end has the rows still", async () => {
  setFaults(world, "unlisted:30");
  const sending = await send(60, [], { codes: 2 });
  const first = await sending.done;
  const { failed, sent } = first.json<BroadcastResult>().outcomes;
  expect([first.code, failed > 0, failed + sent]).toEqual([8, true, 60]);
  setFaults(world);
  expect(await show("b-1", "--exact")).toMatchObject({ outcomes: { failed, sent }, toGo: 0 });
  const again = await resume("b-1", ["--retry-failed"], env());
  expect(again.code, again.stderr).toBe(0);
  expect(again.json()).toMatchObject({ recipients: 60, outcomes: { sent: 60, failed: 0 } });
  checkMessages(60);
  expect(await world.redis.client.keys("mina:broadcast:b-1:audience:*")).toEqual([]);
  expect(await show("b-1", "--exact")).toMatchObject({ outcomes: { sent: 60 } });
});

test("runs side by side: everybody gets their own, once, whoever had them in hand", async () => {
  setFaults(world, "busy:20");
  const sending = await send(300, ["--concurrency", "6", "--skip-bad-rows"], { bad: 2 });
  await until(() => recorder.messages.length >= 30);
  const joined = start((options) =>
    resume("b-1", ["--join", "--concurrency", "6"], { ...options, ...env() }),
  );
  const many = recorder.messages.length;
  await until(() => recorder.messages.length >= many + 60);
  // What this one has claimed goes back, or is taken over by the other.
  sending.signal("SIGTERM");
  expect((await sending.done).code).toBe(143);
  const result = await joined.done;
  expect(result.code, result.stderr).toBe(8);
  expect(result.json()).toMatchObject({ recipients: 302, outcomes: { sent: 300, invalid: 2 }, toGo: 0 });
  checkMessages(300);
});

test("a message that the platform does not take fails its user, whose code goes back, not the run", async () => {
  recorder.refuse(47003, ["u3", "u17", "u31"]);
  const result = await (await send(40, ["--concurrency", "4"])).done;
  expect(result.code, result.stderr).toBe(8);
  expect(result.json()).toMatchObject({
    recipients: 40,
    outcomes: outcomes({ sent: 37, failed: 3 }),
    errors: [{ errcode: 47003, count: 3 }],
  });
  expect(await world.redis.client.llen("mina:openid:u17")).toBe(1);
});

test("many such in a row end it, as does one of a message that is the same for all", async () => {
  recorder.refuse(
    47003,
    Array.from({ length: 40 }, (_, i) => `u${i}`),
  );
  const many = await (await send(60, ["--concurrency", "1"])).done;
  expect(many.code, many.stderr).toBe(9);
  expect(many.json()).toMatchObject({ status: "stopped", outcomes: { sent: 0, failed: 20 } });
  const file = join(dir, "same.csv");
  writeFileSync(file, "openId\nu0\nu1\n");
  const same = await run(["t", "--yes", "--json", "--keywords", "x", "--to-file", file], env());
  expect(same.code).toBe(9);
  expect(same.json()).toMatchObject({ recipients: 0 });
});

test("a row that is gone from Redis is nobody's message: the run stops", async () => {
  setFaults(world, "unlisted:50");
  const sending = await send(40, [], { codes: 2 });
  const { failed } = (await sending.done).json<BroadcastResult>().outcomes;
  expect(failed).toBeGreaterThan(0);
  setFaults(world);
  const many = recorder.messages.length;
  await world.redis.client.del(await world.redis.client.keys("mina:broadcast:b-1:audience:*"));
  const again = await resume("b-1", ["--retry-failed"], env());
  expect(again.code).toBe(3);
  expect(again.stderr).toMatch(/the row of 'u\d+' is gone from Redis/);
  expect(recorder.messages).toHaveLength(many);
});
