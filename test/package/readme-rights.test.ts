import { afterAll, beforeAll, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { readRights } from "../helpers/rights.ts";

const SOON = Date.now() + 24 * 3600 * 1000;

let redis: TestRedis;
let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startTestRedis();
  await redis.client.call("ACL", "SETUSER", ...readRights());
  sandbox = await startSandbox({ acceptAny: true, latencyMs: 5 });
  env = cliEnv(redis.url.replace("redis://", "redis://pushcli:password@"), sandbox.url);
});

afterAll(async () => {
  await sandbox.close();
  await redis.stop();
});

/** Runs a command as the restricted user. */
async function run(argv: string[], stdin = "") {
  const { code, stderr } = await runCli(argv, { env, stdin });
  return { code, refused: /NOPERM.*/.exec(stderr)?.[0] };
}

const OK = { code: 0, refused: undefined };

function codes(from: number, to: number): string {
  const rows: string[] = [];
  for (let i = from; i <= to; i++) {
    rows.push(`u${i},f${i}a,${SOON},`, `u${i},f${i}b,${SOON},`, `u${i},f${i}c,${SOON},3`);
  }
  return rows.join("\n");
}

it("is refused what the rights don't name", async () => {
  const other = await runCli(["pool", "show", "u1"], { env: { ...env, PUSH_CLI_POOL_PREFIX: "other:" } });
  expect(other.code).toBe(6);
  expect(other.stderr).toContain("NOPERM");
});

it("fills, shows, lists and purges pools", async () => {
  const expired = plainEntry("old", 1_568_000_000_000);
  await redis.push("u1", expired, "not ours", `[${expired},${plainEntry("l1", SOON)}]`, expired);
  expect(await run(["pool", "import"], codes(1, 60))).toEqual(OK);
  expect(await run(["pool", "show", "u1"])).toEqual(OK);
  expect(await run(["pool", "list", "--sort", "expiry"])).toEqual(OK);
  expect(await run(["pool", "stats"])).toEqual(OK);
  expect(await run(["pool", "stats", "--sample", "10"])).toEqual(OK);
  expect(await run(["pool", "export", "--raw"])).toEqual(OK);
  expect(await run(["purge", "--dry-run"])).toEqual(OK);
  expect(await run(["purge"])).toEqual(OK);
  expect(await run(["pool", "import"], codes(300, 310))).toEqual(OK);
  expect(await run(["pool", "remove", "u300", "u301", "--yes"])).toEqual(OK);
  expect(await run(["pool", "show", "u301"])).toEqual({ code: 3, refused: undefined });
});

it("imports from other layouts, and works on serialized keys, with the patterns of those keys", async () => {
  await redis.client.call("ACL", "SETUSER", "pushcli", "~formids:*", "~*mina:openid:*");
  await redis.client.zadd("formids:u1", SOON, "z1");
  await redis.client.rpush("formids:u2", plainEntry("l2", SOON));
  await redis.client.set("formids:u3", "s3", "EX", 3600);
  for (const layout of ["zset", "list", "string"]) {
    expect(await run(["pool", "import", "--from", layout, "--from-prefix", "formids:"])).toEqual(OK);
  }
  const key = Buffer.from("\xac\xed\x00\x05t\x00\x0emina:openid:u4", "latin1");
  await redis.client.rpush(key, plainEntry("j4", SOON));
  expect(await run(["pool", "list", "--pool-keys", "java"])).toEqual(OK);
  expect(await run(["broadcast", "tmpl", "--yes", "--no-keywords", "--pool-keys", "java"])).toEqual(OK);
});

it("keeps the suppression list", async () => {
  expect(await run(["suppress", "add", "u50", "u51", "--for", "1d"])).toEqual(OK);
  expect(await run(["suppress", "import"], "u52\n")).toEqual(OK);
  expect(await run(["suppress", "list", "--all"])).toEqual(OK);
  await redis.client.hset("mina:suppressed", "u53", '{"untilMs":1}');
  expect(await run(["suppress", "remove", "--ended"])).toEqual(OK);
  expect(await run(["suppress", "remove", "u50", "u51", "u52"])).toEqual(OK);
});

it("keeps the token", async () => {
  expect(await run(["token", "refresh"])).toEqual(OK);
  expect(await run(["token", "refresh", "--force", "--yes"])).toEqual(OK);
  expect(await run(["token", "show"])).toEqual(OK);
});

it("broadcasts, with refused codes and users, lost answers, and a list", async () => {
  expect(await run(["broadcast", "tmpl", "--dry-run"])).toEqual(OK);
  sandbox.setFaults([
    { kind: "errcode-41028", percent: 20 },
    { kind: "errcode-40003", percent: 10 },
    { kind: "busy", percent: 10 },
  ]);
  const first = await run(["broadcast", "tmpl", "--yes", "--no-keywords", "--max-errors", "100%"]);
  expect(first.refused).toBeUndefined();
  expect([0, 8]).toContain(first.code);
  sandbox.setFaults([]);
  expect(
    await run(["broadcast", "tmpl", "--yes", "--no-keywords", "--to-file", "-"], "u1\nu2\nnobody\n"),
  ).toEqual(OK);
});

it("stops and puts codes back, resumes, takes over from a dead run, lists, recounts and deletes", async () => {
  expect(await run(["pool", "import"], codes(100, 200))).toEqual(OK);
  sandbox.setFaults([{ kind: "day-quota", percent: 5 }]);
  const start = ["broadcast", "tmpl", "--yes", "--no-keywords", "--id", "b1", "--concurrency", "8"];
  expect(await run(start)).toEqual({ code: 9, refused: undefined });
  sandbox.setFaults([]);
  sandbox.reset();
  // What a killed run leaves behind: its claim, and a heartbeat on this host without a process.
  const dead = { runId: "dead", host: "test-host", pid: 2 ** 22 + 1, sinceMs: 1, untilMs: 1 };
  const state = { codes: { spent: 0, expired: 0, refused: 0, released: 0 }, errors: [] };
  await redis.client.hset("mina:broadcast:b1", "run:dead", JSON.stringify({ ...dead, ...state }));
  await redis.client.set("mina:broadcast:b1:run:dead", JSON.stringify(dead), "PX", 15_000);
  await redis.open.stores.ledger({ broadcastId: "b1", runId: "dead" }).claim(["u200"]);
  expect(await run(["broadcast", "resume", "b1", "--yes"])).toEqual(OK);
  expect(await run(["broadcast", "list"])).toEqual(OK);
  expect(await run(["broadcast", "show", "b1", "--exact"])).toEqual(OK);
  expect(await run(["broadcast", "recipients", "b1"])).toEqual(OK);
  expect(await run(["broadcast", "watch", "b1"])).toEqual(OK);
  expect(await run(["broadcast", "delete", "b1", "--yes"])).toEqual(OK);
});

it("pauses and cancels", async () => {
  expect(await run(["pool", "import"], codes(400, 500))).toEqual(OK);
  const first = run(["broadcast", "tmpl", "--yes", "--no-keywords", "--id", "b2", "--rate", "20/s"]);
  await expect.poll(() => redis.client.exists("mina:broadcast:b2")).toBe(1);
  expect(await run(["broadcast", "pause", "b2"])).toEqual(OK);
  expect(await first).toEqual({ code: 9, refused: undefined });
  expect(await run(["broadcast", "cancel", "b2"])).toEqual(OK);
});

it("was refused nothing on the way that did not show", async () => {
  const log = (await redis.client.call("ACL", "LOG")) as string[][];
  const entries = log.map((entry) => entry.join(" "));
  // The first test's key, and nothing else.
  expect(entries.filter((entry) => !entry.includes("other:u1"))).toEqual([]);
  expect(entries.length).toBeGreaterThan(0);
});

it.each([
  [
    ["pool", "show", "u1"],
    "-lrange",
    /no right to the command lrange at .*\nhint: ACL SETUSER pushcli \+lrange;/,
  ],
  [["purge"], "-lrange", /no right to (the command|one of the commands) .*lrange.* for purge-pools\.lua at/],
  [
    ["broadcast", "tmpl", "--yes", "--no-keywords"],
    "-hget",
    /no right to (the command|one of the commands) .*hget/,
  ],
  [
    ["broadcast", "tmpl", "--yes", "--no-keywords"],
    "-hset",
    /no right to (the command|one of the commands) .*hset/,
  ],
  [["pool", "list"], "-scan", /no right to the command scan at/],
])("%j names the right that is missing: %s", async (argv, rule, told) => {
  await redis.client.call("ACL", "SETUSER", "pushcli", rule);
  await redis.push("u1", plainEntry("f", SOON));
  const { code, stderr } = await runCli(argv, { env });
  await redis.client.call("ACL", "SETUSER", "pushcli", rule.replace("-", "+"));
  await redis.client.call("ACL", "LOG", "RESET");
  await redis.client.flushall();
  expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(told) });
});

it.each([
  [["pool", "show", "u1"], "~mina:openid:*", "read-pools.lua"],
  [["broadcast", "tmpl", "--yes", "--no-keywords"], "~{mina:openid:*}:sends", "claim-codes.lua"],
  [["broadcast", "list"], "~mina:broadcast*", "zrevrange"],
])("%j names the keys that are missing: %s", async (argv, pattern, needs) => {
  const rights = readRights();
  await redis.client.call("ACL", "SETUSER", ...rights.filter((word) => word !== pattern));
  await redis.push("u1", plainEntry("f", SOON));
  const { code, stderr } = await runCli(argv, { env });
  await redis.client.call("ACL", "SETUSER", ...rights);
  await redis.client.call("ACL", "LOG", "RESET");
  await redis.client.flushall();
  expect(code).toBe(6);
  const told = stderr.replaceAll("mina:openid:* and ", "");
  expect(told).toContain(`has no right to the keys ${pattern.slice(1)}, which ${needs} needs`);
  expect(told).toMatch(/\nhint: ACL SETUSER pushcli ~/);
});
