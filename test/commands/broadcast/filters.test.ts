import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { startSandbox } from "../../../src/sandbox/sandbox.ts";
import {
  broadcast,
  dumpAll,
  giveCode,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  TEMPLATE,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { type CliResult, cliEnv, runCli } from "../../helpers/cli.ts";
import { startTestCluster } from "../../helpers/cluster.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { TEMPLATES } from "../../sandbox/api.ts";

const world = useWorld({ sandbox: { latencyMs: 2 } });
const dir = useFolder();
const DAY_MS = 24 * 3_600_000;

function run(...argv: string[]): Promise<CliResult> {
  return runCli([...argv, "--json"], { env: cliEnv(world.redis.url, world.sandbox.url) });
}

function list(name: string, openIds: readonly string[]): string {
  const path = join(dir, name);
  writeFileSync(path, openIds.join("\n"));
  return path;
}

const deliveredTo = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();

/** u0..u19 with one code, rich0..rich9 with three, poor0..poor4 with none that is valid, late with one of next week. */
async function giveAll(): Promise<void> {
  await giveUsers(world, 20);
  await giveUsers(world, 10, { codes: 3, prefix: "rich" });
  for (let i = 0; i < 5; i++) await world.redis.push(`poor${i}`, "not ours");
  await giveCode(world, "late", "late-a", { expire: Date.now() + 6 * DAY_MS });
}

describe("a dry run", () => {
  beforeEach(giveAll);

  test("is what the broadcast does: whom each filter takes away, and what is left to the others", async () => {
    await broadcast(world, ["--id", "first", "--to", "u0", "u1", "rich0"]);
    const already = deliveredTo();
    await giveUsers(world, 3);
    const path = list("out.txt", ["u2", "u3", "rich1", "stranger"]);
    const filters = [
      "--match",
      "[url]*",
      "--exclude-file",
      path,
      "--exclude-broadcast",
      "first",
      "--expiring-within",
      "2h",
    ];
    const dry = await broadcast(world, [...filters, "--dry-run"]);
    const document = dry.json<BroadcastResult & { leftWith: unknown }>();
    expect(document).toMatchObject({
      recipients: 24,
      outcomes: outcomes({ sent: 24 }),
      filtered: { match: 5, exclude: 3, notIn: 3, expiringWithin: 1 },
      leftWithout: 16,
      leftWith: { none: 16, one: 0, two: 8, more: 0 },
    });
    const real = await broadcast(world, [...filters, "--id", "second"]);
    expect(real.code, real.stderr).toBe(0);
    const { recipients, outcomes: same, codes, filtered } = real.json<BroadcastResult>();
    expect({ recipients, outcomes: same, codes, filtered }).toEqual({
      recipients: document.recipients,
      outcomes: document.outcomes,
      codes: document.codes,
      filtered: document.filtered,
    });
    const fresh = deliveredTo().filter((openId) => !already.includes(openId));
    expect(fresh).toHaveLength(24);
    for (const openId of ["u2", "u3", "rich1", "late"]) expect(fresh).not.toContain(openId);
    expect(world.sandbox.stats().maxPerUser).toBe(1);
    const shown = (await run("broadcast", "show", "second")).json<Record<string, unknown>>();
    expect(shown).toMatchObject({
      filtered,
      filters: { match: "[url]*", exclude: 4, notIn: ["first"], expiringWithinMs: 7_200_000 },
    });
  });

  test("changes nothing, and --min-valid counts apart from users without a code", async () => {
    const before = await dumpAll(world);
    const dry = await broadcast(world, ["--min-valid", "2", "--dry-run"]);
    expect(dry.json()).toMatchObject({
      outcomes: outcomes({ sent: 10, no_code: 5 }),
      filtered: { minValid: 21 },
    });
    expect(await dumpAll(world)).toEqual(before);
  });

  test("says so on a terminal's screen and in a pipe", async () => {
    const argv = ["broadcast", TEMPLATE, "--no-keywords", "--min-valid", "2", "--match", "*", "--dry-run"];
    const plain = await runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url) });
    expect(plain.stdout).toMatch(/^filtered\.match\t0\nfiltered\.minValid\t21$/m);
  });

  test("that leaves nobody ends with 3 and says which filter it was", async () => {
    const none = await broadcast(world, ["--match", "nobody*", "--dry-run"]);
    expect(none.code).toBe(3);
    expect(none.stderr).toContain("the filters exclude 36 users (--match 36)");
    const real = await broadcast(world, ["--match", "nobody*"]);
    expect(real.code).toBe(3);
    expect(await ledgers(world)).toEqual(new Map());
  });

  test("with --to and --to-file, too; a list of nobody leaves nobody out", async () => {
    const to = await broadcast(world, ["--to", "u1", "rich1", "poor1", "--min-valid", "3"]);
    expect(to.json()).toMatchObject({
      outcomes: outcomes({ sent: 1, no_code: 1 }),
      filtered: { minValid: 1 },
    });
    const files = [
      "--to-file",
      list("to.txt", ["u1", "u2", "rich2"]),
      "--exclude-file",
      list("none.txt", []),
    ];
    const file = await broadcast(world, files);
    expect(file.stderr).toContain("no openId in");
    expect(file.json()).toMatchObject({ outcomes: outcomes({ sent: 3 }), filtered: { exclude: 0 } });
  });
});

describe("what makes no sense is refused", () => {
  beforeEach(() => giveUsers(world, 1));

  test.each<[string, string[], number]>([
    ["stdin twice", ["--exclude-file", "-", "--to-file", "-"], 2],
    ["--min-valid '0' is out of range", ["--min-valid", "0"], 2],
    ['--min-valid "101" is out of range', ["--min-valid", "101"], 2],
    ['"soon" is not a duration', ["--expiring-within", "soon"], 2],
    ["--match '' matches no openId", ["--match", ""], 2],
    ["there is no broadcast 'nothing'", ["--exclude-broadcast", "nothing"], 3],
  ])("%s", async (_, args, code) => {
    const result = await broadcast(world, [...args, "--dry-run"]);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout).toBe("");
  });

  test("a bad row of --exclude-file: somebody would get what is not meant for them", async () => {
    const result = await broadcast(world, ["--exclude-file", list("bad.txt", ["u1", "no openId"])]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("line 2");
    expect(deliveredTo()).toEqual([]);
  });

  test.each(["--min-valid 2", "--expiring-within 1h"])(
    "%s without pools, or of consents that never expire",
    async (text) => {
      const fields = ["--field", "thing1=a", "time2=2026-11-27 10:00", "thing3=b", "--yes"];
      const argv = [
        "broadcast",
        TEMPLATES.activity,
        ...fields,
        "--channel",
        "wechat-subscribe",
        "--to",
        "u0",
      ];
      const args = [...argv, ...text.split(" "), "--dry-run"];
      const bare = await run(...args, "--no-pool");
      expect(bare.code, bare.stderr).toBe(2);
      expect(bare.stderr).toMatch(/and --no-pool can't be used together/);
      if (!text.includes("expiring")) return;
      const pooled = await run(...args);
      expect(pooled.stderr).toContain("consents don't expire");
    },
  );

  test("--exclude-broadcast a broadcast of another channel or account, or of more than 7 days ago", async () => {
    await broadcast(world, ["--id", "old"]);
    const key = "mina:broadcast:old";
    const refusal = async () => {
      const { code, stderr } = await broadcast(world, ["--exclude-broadcast", "old", "--dry-run"]);
      return `${code} ${stderr}`;
    };
    await world.redis.client.hset(key, "appid", "wx-another");
    expect(await refusal()).toMatch(/^2 .*belongs to wx-another, but this one to wx-sandbox/);
    await world.redis.client.hset(key, "appid", "wx-sandbox", "channel", "wechat-subscribe");
    expect(await refusal()).toMatch(/^2 .*belongs to wechat-subscribe, but this one to wechat-template/);
    await world.redis.client.hset(key, "channel", "wechat-template", "startedAtMs", Date.now() - 8 * DAY_MS);
    expect(await refusal()).toMatch(/^3 .*began more than 7 days ago/);
  });
});

describe("a broadcast that goes on", () => {
  const FILTERS = ["--match", "u*", "--exclude-broadcast", "before", "--min-valid", "2"];

  async function begin(): Promise<string[]> {
    await giveUsers(world, 200, { codes: 2 });
    await giveUsers(world, 30, { prefix: "x" });
    await giveUsers(world, 20, { prefix: "u-one-" });
    await broadcast(world, ["--id", "before", "--to", ...Array.from({ length: 10 }, (_, i) => `u${i * 20}`)]);
    for (let i = 0; i < 10; i++) await giveCode(world, `u${i * 20}`, `again${i}`);
    world.sandbox.reset();
    const expire = Date.now() + DAY_MS;
    for (const [key, entries] of Object.entries(await world.redis.pools())) {
      const openId = key.replace("mina:openid:", "");
      world.sandbox.registerCodes(
        entries.map((entry) => ({ openId, formId: JSON.parse(entry).formId, expire })),
      );
    }
    return Array.from({ length: 15 }, (_, i) => `u${i * 10 + 1}`);
  }

  const EXPECTED = {
    outcomes: { sent: 175 },
    recipients: 175,
    filtered: { match: 30, exclude: 15, notIn: 10, minValid: 20 },
    toGo: 0,
  };

  test("after an interruption holds to the filters, on a machine without the file", async () => {
    const path = list("leave.txt", await begin());
    const cut = await interrupt(
      world,
      ["--id", "b-1", "--rate", "200/s", "--exclude-file", path, ...FILTERS],
      () => world.sandbox.stats().delivered > 40,
    );
    expect(cut.code).toBe(130);
    writeFileSync(path, "");
    const shown = (await run("broadcast", "show", "b-1")).json<BroadcastResult>();
    expect(shown.filtered).toBeDefined();
    const dry = (await run("broadcast", "resume", "b-1", "--dry-run")).json<{ wouldSend: number }>();
    expect(dry.wouldSend).toBe(175 - shown.outcomes.sent);
    const result = await run("broadcast", "resume", "b-1", "--yes");
    expect(result.code, result.stderr).toBe(0);
    expect(result.json()).toMatchObject(EXPECTED);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 175, maxPerUser: 1 });
    expect(await world.redis.keys("*:excluded:*")).toEqual([]);
  });

  test("is not resumed without its list, nor when the ledgers of --exclude-broadcast may be gone", async () => {
    const path = list("leave.txt", await begin());
    await interrupt(
      world,
      ["--id", "b-1", "--rate", "200/s", "--exclude-file", path, ...FILTERS],
      () => world.sandbox.stats().delivered > 20,
    );
    const { delivered } = world.sandbox.stats();
    const record = "mina:broadcast:b-1";
    const policy = JSON.parse((await world.redis.client.hget(record, "policy")) ?? "{}");
    const old = { ...policy, notIn: [{ id: "before", startedAtMs: Date.now() - 8 * DAY_MS }] };
    await world.redis.client.hset(record, "policy", JSON.stringify(old));
    const late = await run("broadcast", "resume", "b-1", "--yes");
    expect({ code: late.code, stderr: late.stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("before"),
    });
    await world.redis.client.hset(record, "policy", JSON.stringify(policy));
    const [kept = ""] = await world.redis.keys("*:excluded:*");
    await world.redis.client.rpop(kept);
    const gone = await run("broadcast", "resume", "b-1", "--yes");
    expect({ code: gone.code, stderr: gone.stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("--exclude-file"),
    });
    expect(world.sandbox.stats().delivered).toBe(delivered);
  });

  test("with a run that joins: both hold to the filters, and the totals say so", async () => {
    const path = list("leave.txt", await begin());
    const running = broadcast(world, ["--id", "b-1", "--rate", "150/s", "--exclude-file", path, ...FILTERS]);
    await until(() => world.sandbox.stats().delivered > 20);
    const joined = await run("broadcast", "resume", "b-1", "--join", "--yes");
    const results = [await running, joined];
    for (const { code, stderr } of results) expect(code, stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 175, maxPerUser: 1 });
    const shown = (await run("broadcast", "show", "b-1")).json<BroadcastResult>();
    expect(shown).toMatchObject({ ...EXPECTED, status: "finished" });
  });

  test("a retry does not ask again whom the filters would leave out now", async () => {
    await giveUsers(world, 3, { codes: 2 });
    setFaults(world, "unlisted:100");
    const failed = await broadcast(world, ["--id", "b-1", "--min-valid", "2", "--max-errors", "9999"]);
    setFaults(world);
    const { failed: count } = failed.json<BroadcastResult>().outcomes;
    const again = await run("broadcast", "resume", "b-1", "--retry-failed", "--yes");
    expect(again.json(), failed.stdout).toMatchObject({
      outcomes: { sent: 3, failed: 0 },
      filtered: { minValid: 0 },
    });
    expect(count).toBe(3);
  });
});

test("in a cluster, the ledger of the same slot is asked", async () => {
  const cluster = await startTestCluster();
  const sandbox = await startSandbox();
  try {
    const books = { redis: cluster, sandbox };
    for (let i = 0; i < 30; i++) {
      await giveCode(books, `u${i}`, `u${i}-a`);
      if (i % 2) await giveCode(books, `u${i}`, `u${i}-b`);
    }
    await broadcast(books, ["--id", "one", "--to", "u1", "u2", "u3"]);
    await cluster.push("u1", plainEntry("u1-c", Date.now() + DAY_MS));
    const path = list("cluster.txt", ["u5", "u6"]);
    const filters = ["--exclude-broadcast", "one", "--exclude-file", path, "--min-valid", "2"];
    const dry = await broadcast(books, [...filters, "--dry-run"]);
    const real = await broadcast(books, filters);
    const want = { outcomes: { sent: 12 }, filtered: { exclude: 2, notIn: 2, minValid: 13 } };
    expect(dry.json()).toMatchObject(want);
    expect(real.json()).toMatchObject(want);
  } finally {
    await sandbox.close();
    await cluster.stop();
  }
});
