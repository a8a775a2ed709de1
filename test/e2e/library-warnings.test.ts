import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
const PASSWORD = "pw-of-nobody-4711";
let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
  await redis.push("oA", plainEntry("a", Date.now() + 3_600_000));
  cli.env.PUSH_CLI_REDIS_URL = redis.url.replace("redis://", `redis://:${PASSWORD}@`);
});
afterAll(async () => {
  await redis?.stop();
  expect(cli.printed.join()).not.toContain(PASSWORD);
});

describe("a password that Redis does not want", () => {
  const WARNING = "warning: Redis requires no password, but was given one\n";
  it("is told in one line", async () => {
    expect(await cli.run(["pool", "stats"])).toMatchObject({ code: 0, stderr: WARNING });
    const { stderr } = await cli.run(["pool", "export"]);
    expect(stderr.match(/warning|WARN/gi)).toHaveLength(1);
  });

  it("is not told with --quiet or --json", async () => {
    expect(await cli.run(["pool", "stats", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout, stderr } = await cli.run(["pool", "stats", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ pools: 1 });
  });

  it("with --json leaves the error the only text on stderr", async () => {
    const { code, stderr } = await cli.run(["pool", "show", "nobody", "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "nothing" } });
  });
});

it("DEBUG, by which ioredis prints its commands and AUTH among them, has no effect", async () => {
  const { code, stderr } = await cli.run(["pool", "stats", "--quiet"], { env: { DEBUG: "*" } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

describe("a warning of Node's own", () => {
  // Node emits it at the first TLS connection.
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0", PUSH_CLI_REDIS_URL: "rediss://127.0.0.1:1" };
  it.each([
    [[], /^warning: Setting the NODE_TLS_REJECT_UNAUTHORIZED [^\n]*\nerror: [^\n]*\nhint: [^\n]*\n$/],
    [["--quiet"], /^error: [^\n]*\nhint: [^\n]*\n$/],
    [["--json"], /^\{"error":[^\n]*\n$/],
  ])("is one of ours, with %j", async (flags, stderr) => {
    const finished = await cli.run(["pool", "list", ...flags], { env });
    expect(finished.code).toBe(6);
    expect(finished.stderr).toMatch(stderr);
  });
});

it("a configuration with several faults is told with their places", async () => {
  writeFileSync(join(cli.folder, "faults.json"), '{\n  "appid": 7,\n  "keyPrefx": ""\n}');
  const { code, stderr } = await cli.run(["pool", "list", "--config", "faults.json"]);
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /^error: 2 errors in ".*faults.json"\n {2}\/.*:2:12: "appid" .*\n {2}\/.*:3:3: unknown key/,
  );
});
