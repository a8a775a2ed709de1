import { describe, expect, test } from "vitest";
import { giveCode, giveUsers, interrupt, setFaults, useWorld } from "../../broadcast/world.ts";
import { moveRunFarAway, start, untilShown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 10 } });
const commands = useCommands(world);
const { run, resume, begin, delivered, screen } = commands;

/** The screen of 80x24, stdout and stderr as they stand in it. */
async function look(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await screen(["show", ...args]);
  expect(code, stderr).toBe(0);
  const lines = `${stdout}${stderr}`.trimEnd().split("\n");
  // The terminal wraps what is longer.
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 80)), 0);
  // One is left for the prompt.
  if (!args.includes("--full")) expect(rows, lines.join("\n")).toBeLessThanOrEqual(23);
  return `${stdout}${stderr}`;
}

/** All outcomes, many errcodes, many keywords, three runs. */
async function makeFull(): Promise<void> {
  await giveUsers(world, 160, { codes: 3 });
  await giveUsers(world, 3, { prefix: "refused_" });
  await giveUsers(world, 2, { prefix: "invalid_" });
  for (let i = 0; i < 12; i++) await giveCode(world, `multi${i}`, `multi${i}-a`, { uses: 3 });
  await giveCode(world, "late", "late-a", { expire: 1_568_000_000_000 });
  setFaults(world, "unlisted:5", "reset-after:20", "errcode-88801:4", "errcode-88802:4", "busy:5");
  const args = ["--id", "b-1", "--concurrency", "2", "--max-errors", "1000"];
  const words = ["--keywords", "one,two,three,four,five", "--page", "pages/index?a=b", "--emphasis", "1"];
  await interrupt(world, [...args, ...words, "--rate", "400/s", "--limit", "150"], () => delivered() >= 40);
  const second = start((options) => resume("b-1", args.slice(2), options));
  await untilShown(commands, "b-1", () => delivered() >= 60);
  second.signal("SIGTERM");
  await second.done;
}

describe("broadcast show on a terminal", () => {
  test("fits a screen of 80x24 with everything at once, and says what an operator needs at three in the morning", async () => {
    await makeFull();
    const shown = await look("b-1");
    expect(shown).toMatch(/^broadcast +b-1: interrupted \(SIGTERM\)$/m);
    expect(shown).toMatch(/^when +started \d{4}-\d\d-\d\d \d\d:\d\d.*, last seen \d{4}-\d\d-\d\d/m);
    expect(shown).toMatch(/^who +tester@test-host, pid \d+; 2 runs, 0 alive$/m);
    expect(shown).toContain(`${world.sandbox.url}, appid wx-sandbox`);
    expect(shown).toMatch(/^audience +all pools, limit 150, 400\/s, 178 users$/m);
    expect(shown).toMatch(/^done +\d+ in .*\/s; to go \d+$/m);
    expect(shown).toMatch(/^sent +\d+ +\d+\.\d%/m);
    expect(shown).toMatch(/^\(to go\) +\d+ /m);
    expect(shown).toContain("next: push-cli broadcast resume b-1");
    expect(shown, "the rest is behind --full").not.toMatch(/^(codes|run|spent) /m);
    expect(shown).toMatch(/^template +template-1, page pages\/index\?a=b$/m);
    expect(shown).toMatch(/^keywords +"one", "two", "three", "four", "five"$/m);
    expect(shown).toMatch(/^errors +.* x\d+/m);
  });

  test("has the rest with --full: all keywords, codes, errors, runs", async () => {
    await makeFull();
    const full = await look("b-1", "--full");
    for (const word of ["one", "two", "three", "four", "five", "spent", "released"])
      expect(full).toContain(word);
    expect(full).toMatch(/^who +pid +since +worked +sent +state *$/m);
    expect(full.match(/^tester@test-host +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d .* ended$/gm)).toHaveLength(2);
    for (const line of full.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    const { errors } = await commands.show("b-1");
    expect(errors.length).toBeGreaterThan(2);
    for (const { errcode } of errors) expect(full).toContain(String(errcode ?? "-"));
  });

  test("names the reason of a stop, however long", async () => {
    await giveUsers(world, 200);
    setFaults(world, "errcode-47003:100");
    await (await begin(["--id", "b-1", "--concurrency", "4"], 0)).done;
    const { reason } = await commands.show("b-1");
    const flat = (await look("b-1")).replace(/\s+/g, " ");
    expect(flat).toContain(reason!);
    expect(flat).toContain("next: push-cli broadcast resume b-1");
  });

  test("of a dead one has what its runs noted, and that it is from heartbeats", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 20);
    await world.redis.client.del(await moveRunFarAway(world, "b-1"));
    const shown = await look("b-1");
    expect(shown).toMatch(/^broadcast +b-1: dead$/m);
    expect(shown).toMatch(/^who +tester@far, pid 4711$/m);
    expect(shown).toMatch(/to go \d+ \(from heartbeats\)$/m);
    expect(await look("b-1", "--exact")).toMatch(/to go \d+ \(from the ledgers\)$/m);
    expect(await look("b-1", "--full")).toMatch(/ died$/m);
  });

  test("of one that older versions killed has dashes, not zeros", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 20);
    await world.redis.client.del(await moveRunFarAway(world, "b-1"));
    const key = "mina:broadcast:b-1";
    for (const [field, value] of Object.entries(await world.redis.client.hgetall(key))) {
      if (!field.startsWith("run:")) continue;
      const { runId, host, pid, sinceMs, untilMs, codes, errors } = JSON.parse(value);
      const old = { runId, host, pid, sinceMs, untilMs, codes, errors };
      await world.redis.client.hset(key, field, JSON.stringify(old));
    }
    await world.redis.client.hdel(key, "users");
    expect(await commands.show("b-1")).toMatchObject({
      status: "dead",
      outcomes: null,
      recipients: null,
      toGo: null,
      sentPerSecond: null,
      open: null,
    });
    const shown = await look("b-1");
    expect(shown).toMatch(/^done +-; to go - /m);
    expect(shown).not.toMatch(/^sent/m);
    const rows = (await run(["show", "b-1"])).stdout;
    for (const name of ["recipients", "toGo", "sentPerSecond", "open"])
      expect(rows).toContain(`${name}\t-\n`);
    expect(rows).not.toContain("outcomes.");
    expect(await commands.show("b-1", "--exact")).toMatchObject({
      outcomes: { sent: delivered() },
      toGo: 60 - delivered(),
    });
  });
});

describe("the next command", () => {
  test("after failures: who they are, and how to try again", async () => {
    await giveUsers(world, 60);
    setFaults(world, "unlisted:20");
    const sending = await begin(["--id", "b-1", "--concurrency", "1", "--max-errors", "100"]);
    const { code, json, stderr } = await sending.done;
    expect(code).toBe(8);
    const next = [
      "push-cli broadcast recipients b-1 --outcome failed",
      "push-cli broadcast resume b-1 --retry-failed",
    ];
    expect(json()).toMatchObject({ next });
    for (const command of next) expect(stderr).toContain(`next: ${command}`);
    expect(await commands.show("b-1")).toMatchObject({ next });
    const shown = await look("b-1");
    for (const command of next) expect(shown).toContain(`next: ${command}`);
    expect((await run(["recipients", "b-1", "--outcome", "failed"])).code).toBe(0);
  });

  test("after a limit: --limit none", async () => {
    await giveUsers(world, 20);
    const { stderr } = await (await begin(["--id", "b-1", "--limit", "5"])).done;
    expect(stderr).toContain("next: push-cli broadcast resume b-1 --limit none");
  });

  test("is none after a full success", async () => {
    await giveUsers(world, 20);
    const { stderr, json } = await (await begin(["--id", "b-1"])).done;
    expect(stderr).not.toContain("next:");
    expect(json()).toMatchObject({ next: [] });
    expect(await look("b-1")).not.toContain("next:");
  });
});
