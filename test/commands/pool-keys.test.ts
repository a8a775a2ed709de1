import { describe, expect, it } from "vitest";
import { giveCode, useWorld } from "../broadcast/world.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";

/* What stands around the openId in the keys of pools, and what is said of keys that hold none. */

const world = useWorld();
const DAY_MS = 24 * 3600_000;
const code = (formId: string, expire = Date.now() + DAY_MS) => JSON.stringify({ formId, expire });
const cli = (argv: string[], env: Record<string, string> = {}) =>
  runCli(argv, { env: { ...cliEnv(world.redis.url, world.sandbox.url), ...env } });
const rpush = (key: string | Buffer, ...entries: string[]) => world.redis.client.rpush(key, ...entries);
const errorOf = ({ stderr }: { stderr: string }) =>
  JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).error;

describe.each([
  ["mina:openid:{%}", "mina:openid:{oA}", "mina:openid:{oA}:sends"],
  ["%#formId", "oA#formId", "{oA#formId}:sends"],
  ["{app}:%:forms", "{app}:oA:forms", "{app}:oA:forms:sends"],
  ["user[1]_%_form*ids", "user[1]_oA_form*ids", "{user[1]_oA_form*ids}:sends"],
])("--pool-key %s", (pattern, pool, ledger) => {
  const flags = ["--pool-key", pattern];

  it("is where all commands look", async () => {
    await rpush(pool, code("gone", Date.now() - DAY_MS), code("c1"), code("c2"));
    const listed = await cli(["pool", "list", "--json", ...flags]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.lines<{ openId: string }>()).toMatchObject([{ openId: "oA", valid: 2, expired: 1 }]);
    for (const name of ["oA", pool, ledger]) {
      expect((await cli(["pool", "show", name, "--json", ...flags])).json()).toMatchObject({
        openId: "oA",
        key: pool,
      });
    }
    expect((await cli(["pool", "stats", "--json", ...flags])).json()).toMatchObject({
      pools: 1,
      reachable: 1,
      passedOver: 0,
    });
    expect((await cli(["purge", "--json", ...flags])).json()).toMatchObject({
      poolsScanned: 1,
      expiredRemoved: 1,
    });
  });

  it("is where a broadcast claims, and where its ledger lies; import appends there", async () => {
    await giveCode(world, "oA", "c1");
    await world.redis.client.rename("mina:openid:oA", pool);
    const imported = await runCli(["pool", "import", "--json", ...flags], {
      env: cliEnv(world.redis.url),
      stdin: `oA,c2,${Date.now() + DAY_MS}\n`,
    });
    expect(imported.json()).toMatchObject({ imported: 1 });
    const sent = await cli(["broadcast", "t", "--yes", "--no-keywords", "--json", ...flags]);
    expect(sent.json()).toMatchObject({ outcomes: { sent: 1 } });
    expect(await world.redis.client.type(ledger)).toBe("hash");
    expect(await world.redis.client.llen(pool)).toBe(1);
    expect((await cli(["pool", "show", "oA", "--json", ...flags])).json()).toMatchObject({
      broadcasts: [{ outcome: "sent" }],
    });
  });
});

it("a key of its own wins over a prefix from farther away, and two from one place are refused", async () => {
  await rpush("p:{oA}", code("c1"));
  const near = await cli(["pool", "list", "--pool-key", "p:{%}"], { PUSH_CLI_POOL_PREFIX: "other:" });
  expect([near.code, near.stdout]).toEqual([0, expect.stringMatching(/^oA\t/)]);
  await rpush("q:oB", code("c1"));
  const far = await cli(["pool", "list", "--pool-prefix", "q:"], { PUSH_CLI_POOL_KEY: "p:{%}" });
  expect([far.code, far.stdout]).toEqual([0, expect.stringMatching(/^oB\t/)]);
  const both = await cli(["pool", "list", "--json", "--pool-key", "p:{%}", "--pool-prefix", "p:"]);
  expect([both.code, errorOf(both).message]).toEqual([
    2,
    "--pool-key and --pool-prefix can't be used together",
  ]);
});

it.each([
  ["mina:", "must contain exactly one % for the openId"],
  ["%:%", "must contain exactly one % for the openId"],
  ["%", "would match every list"],
  ["{%", "contains braces other than a single {tag}"],
  ["{a}:{%}", "contains braces other than a single {tag}"],
])("--pool-key %s is refused", async (key, problem) => {
  const result = await cli(["pool", "list", "--json", "--pool-key", key]);
  expect([result.code, errorOf(result).message]).toEqual([2, `--pool-key: "${key}" ${problem}`]);
});

it("names the key pattern when all pools are of it", async () => {
  await rpush("mina:openid:{oA}", code("c1"));
  const result = await cli(["pool", "list", "--json"]);
  expect(result.code).toBe(3);
  expect(errorOf(result).hint).toContain("--pool-key 'mina:openid:{%}'");
});

describe("keys that are left out", () => {
  const NO_OPEN_ID =
    "warning: 3 keys under 'mina:openid:*' were skipped: can't tell the openId in 'mina:openid:";

  it("are told of by every command that sweeps, and counted", async () => {
    await giveCode(world, "oA", "c1");
    await giveCode(world, "oB", "c1");
    await rpush("mina:openid:{oT}", code("c1"));
    await rpush("mina:openid:with space", code("c1"));
    await rpush(Buffer.from("mina:openid:\xff\xfe", "latin1"), code("c1"));
    const dryRun = ["broadcast", "t", "--no-keywords", "--dry-run"];
    for (const argv of [["pool", "stats"], ["purge"], ["purge", "--dry-run"], dryRun]) {
      const result = await cli([...argv, "--json"]);
      expect(result.code).toBe(0);
      expect(result.json()).toMatchObject({ passedOver: 3 });
      expect(result.stderr).toContain(NO_OPEN_ID);
    }
    for (const verb of ["list", "export"]) {
      const result = await cli(["pool", verb, "--quiet"]);
      expect([result.code, result.stderr]).toEqual([0, expect.stringContaining(NO_OPEN_ID)]);
    }
    const sent = await cli(["broadcast", "t", "--no-keywords", "--yes", "--json"]);
    expect(sent.json()).toMatchObject({ recipients: 2, passedOver: 3 });
    expect(sent.stderr).toContain(NO_OPEN_ID);
  });

  it("name the pattern that would read them", async () => {
    await rpush("mina:openid:{oT}", code("c1"));
    await rpush("mina:openid:oA", code("c1"));
    const { stderr } = await cli(["pool", "list"]);
    expect(stderr).toBe(
      "warning: 1 key under 'mina:openid:*' was skipped: can't tell the openId in 'mina:openid:{oT}'; " +
        "to read such keys, use --pool-key 'mina:openid:{%}'\n",
    );
  });

  it("are no matter of a list", async () => {
    await giveCode(world, "oA", "c1");
    await rpush("mina:openid:{oT}", code("c1"));
    const result = await cli(["broadcast", "t", "--no-keywords", "--yes", "--json", "--to", "oA"]);
    expect(result.json()).toMatchObject({ recipients: 1, passedOver: 0 });
  });
});

it("openIds with more than letters, digits, _ and - are doubted, with their share", async () => {
  await rpush("mina:openid:oA:formids", code("c1"));
  await rpush("mina:openid:oB", code("c1"));
  const { code: exit, stderr } = await cli(["pool", "list"]);
  expect([exit, stderr]).toEqual([
    0,
    "warning: 1 of 2 pools have a key with more than an openId in it, such as 'mina:openid:oA:formids'; " +
      "--pool-key tells where the openId is\n",
  ]);
});

it("ledgers under a prefix with a tag of its own are not doubted", async () => {
  await rpush("{app}:oA", code("c1"));
  await world.redis.client.hset("{app}:oA:sends", "b", "x");
  for (const argv of [["purge"], ["pool", "list"], ["pool", "stats"]])
    expect((await cli([...argv, "--pool-prefix", "{app}:"])).stderr).not.toContain("warning");
});
