import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BroadcastResult, RunState } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  dumpAll,
  giveUsers,
  interrupt,
  setFaults,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { parseDocument, textOf } from "../../report/dom.ts";

const world = useWorld({ sandbox: { latencyMs: 2 } });
const dir = useFolder();
const HOSTILE = `<script>alert(1)</script>"'&`;

const run = (...argv: string[]) =>
  runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url), cwd: dir });
const report = (id: string, ...argv: string[]) => run("broadcast", "report", id, ...argv);
const read = (name: string) => parseDocument(readFileSync(join(dir, name), "utf8"));
const section = (name: string, id: string) => textOf(read(name).querySelector(`[aria-labelledby=${id}]`));
const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);

async function runsOf(id: string): Promise<RunState[]> {
  const hash = await world.redis.client.hgetall(`mina:broadcast:${id}`);
  const runs = Object.entries(hash).filter(([name]) => name.startsWith("run:"));
  const states = runs.map(([, text]) => JSON.parse(text) as RunState & { sinceMs: number });
  return states.sort((a, b) => a.sinceMs - b.sinceMs);
}

test("writes what show tells, changes nothing in Redis, and says where and how much", async () => {
  await giveUsers(world, 60);
  setFaults(world, "errcode-43101:20");
  const result = (
    await broadcast(world, ["--id", "b1", "--keywords", `"${HOSTILE.replace('"', '""')}"`])
  ).json<BroadcastResult>();
  const before = await dumpAll(world);
  const { code, stdout, stderr } = await report("b1", "--html", "b1.html");
  expect([code, stdout]).toEqual([0, ""]);
  const { size } = statSync(join(dir, "b1.html"));
  expect(stderr).toBe(
    `wrote "${join(dir, "b1.html")}" (${size.toString().replace(/\B(?=(\d{3})+$)/g, ",")} bytes)\n`,
  );
  expect(await dumpAll(world)).toEqual(before);
  const { sent, rejected } = result.outcomes;
  const table = section("b1.html", "recipients");
  expect(table).toContain(`Sentthe API accepted the message${sent}`);
  expect(table).toContain(`Rejectedthe user can't be messaged${rejected}`);
  expect(section("b1.html", "message")).toContain(HOSTILE);
  expect(section("b1.html", "errors")).toContain("errcode 43101: the user refuses messages");
  expect(read("b1.html").querySelectorAll("script")).toHaveLength(0);
  // Nothing is left beside it.
  expect(readdirSync(dir).filter((name) => name.startsWith("b1"))).toEqual(["b1.html"]);
});

test("--json: a document that says what was written", async () => {
  await giveUsers(world, 1);
  await broadcast(world, ["--id", "b2"]);
  const result = await report("b2", "--html", "b2.html", "--json");
  const path = join(dir, "b2.html");
  expect(result.json()).toEqual({
    ...{ broadcastId: "b2", path, bytes: statSync(path).size },
    takenAt: expect.stringMatching(/Z$/),
  });
});

test("-: to stdout, and nothing else there", async () => {
  await giveUsers(world, 1);
  await broadcast(world, ["--id", "b3"]);
  const { code, stdout, stderr } = await report("b3", "--html", "-");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.startsWith("<!DOCTYPE html>")).toBe(true);
  expect(stdout.endsWith("</html>\n")).toBe(true);
  expect(textOf(parseDocument(stdout).querySelector("h1"))).toBe("Template template-1");
});

test("a file that is there is left as it is, unless --force", async () => {
  await giveUsers(world, 1);
  await broadcast(world, ["--id", "b4"]);
  const path = join(dir, "mine.html");
  writeFileSync(path, "mine");
  const refused = await report("b4", "--html", "mine.html");
  expect([refused.code, refused.stderr]).toEqual([
    11,
    `error: "${path}" already exists\nhint: use --force to overwrite it\n`,
  ]);
  expect(readFileSync(path, "utf8")).toBe("mine");
  // A link keeps leading where it did.
  symlinkSync(path, join(dir, "link.html"));
  expect((await report("b4", "--html", "link.html", "--force")).code).toBe(0);
  expect(section("mine.html", "recipients")).toContain("Sent");
  expect(statSync(join(dir, "link.html")).ino).toBe(statSync(path).ino);
});

test.each<[string, string[], string]>([
  ["no --html", [], "needs --html <file>"],
  ["an empty one", ["--html", ""], "--html: '' is not a file"],
  ["a folder", ["--html", "."], "it is not a file"],
  ["no such folder", ["--html", "none/b.html"], "its folder does not exist"],
  ["a device, even by force", ["--html", "/dev/null", "--force"], "it is not a file"],
  ["stdout twice", ["--html", "-", "--json"], "--html - and --json can't be used together"],
])("%s is a usage error with a hint, before anything is read", async (_, argv, words) => {
  const { code, stderr } = await report("none", ...argv);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).toContain("hint");
  expect(existsSync("/dev/null")).toBe(true);
});

test("a broadcast that is not there: exit code 3, and no file", async () => {
  const { code } = await report("nobody", "--html", "nobody.html");
  expect(code).toBe(3);
  expect(existsSync(join(dir, "nobody.html"))).toBe(false);
});

test("failed recipients: openIds are cut, --full has them whole, and no more than 200", async () => {
  const openIds = await giveUsers(world, 900, { prefix: "oLongEnoughToBeCut" });
  setFaults(world, "unlisted:35");
  await broadcast(world, ["--id", "b5", "--max-errors", "1000"]);
  const failed = Number(
    (await run("broadcast", "show", "b5", "--json")).json<BroadcastResult>().outcomes.failed,
  );
  expect((await report("b5", "--html", "cut.html")).code).toBe(0);
  expect((await report("b5", "--html", "full.html", "--full")).code).toBe(0);
  const shown = (name: string) =>
    [...read(name).querySelectorAll("[aria-labelledby=missed] tbody th")].map((one) => textOf(one) ?? "");
  expect(shown("cut.html")).toHaveLength(200);
  expect(failed).toBeGreaterThan(200);
  expect(section("cut.html", "missed")).toContain(`The first 200 of ${failed}.`);
  for (const name of shown("cut.html")) expect(name).toMatch(/^oLong….{4}$/);
  for (const name of shown("full.html")) expect(openIds).toContain(name);
  expect(section("cut.html", "missed")).toContain(
    "push-cli broadcast recipients b5 --outcome failed,unknown",
  );
});

test("one that is running is a snapshot, and says so", async () => {
  await giveUsers(world, 300);
  const running = broadcast(world, ["--id", "b6", "--rate", "60/s"]);
  await until(async () => sum((await runsOf("b6")).map(({ outcomes }) => outcomes?.sent ?? 0)) > 0);
  const inside = await report("b6", "--html", "b6.html");
  expect(inside.code).toBe(0);
  await running;
  const header = textOf(read("b6.html").querySelector("header")) ?? "";
  expect(header).toMatch(
    /As of [\d-]+ [\d:]+: the broadcast was running, so its figures have changed since\./,
  );
  expect(header).toMatch(/To go[1-9]/);
});

test("the series of interrupted and resumed runs holds what they sent, and the page how they ended", async () => {
  await giveUsers(world, 300);
  setFaults(world, "errcode-43101:10");
  await interrupt(world, ["--id", "b7", "--rate", "150/s"], () => world.sandbox.stats().requests > 100);
  const stopped = await runsOf("b7");
  expect(stopped).toMatchObject([{ stopped: { status: "interrupted", message: "interrupted (SIGINT)" } }]);
  const resumed = (await run("broadcast", "resume", "b7", "--yes", "--json")).json<BroadcastResult>();
  const runs = await runsOf("b7");
  expect(runs).toHaveLength(2);
  for (const { series, outcomes, stopped } of runs) {
    expect(sum(series!.sent)).toBe(outcomes!.sent);
    expect(sum(series!.others)).toBe(outcomes!.rejected + outcomes!.failed + outcomes!.unknown);
    expect(series!.sent.length).toBeLessThanOrEqual(120);
    if (outcomes !== runs[0]!.outcomes) expect(stopped).toBeUndefined();
  }
  expect(sum(runs.map(({ series }) => sum(series!.sent)))).toBe(resumed.outcomes.sent);
  expect((await report("b7", "--html", "b7.html", "--exact")).code).toBe(0);
  const time = section("b7.html", "time");
  expect(time).toContain("interrupted (SIGINT)");
  expect(time).toContain("done with its audience");
  expect(time).toMatch(/pid \d+, push-cli \d+\.\d+/);
});
