import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry } from "../helpers/redis.ts";
import {
  broadcast,
  checkBooks,
  dumpAll,
  giveCode,
  giveUsers,
  HOUR_MS,
  outcomes,
  setFaults,
  TEMPLATE,
  useFolder,
  useWorld,
} from "./world.ts";

const world = useWorld();
const dir = useFolder();
const readReport = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ReportLine);

/** Users of every kind: 20 good, 3 refused, 2 invalid, 4 with expired codes only, 3 unreadable, one with two. */
async function giveMixture(): Promise<number> {
  await giveUsers(world, 20);
  await giveUsers(world, 3, { prefix: "refused_" });
  await giveUsers(world, 2, { prefix: "invalid_" });
  for (let i = 0; i < 4; i++) await giveCode(world, `late${i}`, `late${i}-a`, { expire: Date.now() - 1000 });
  for (let i = 0; i < 3; i++) await world.redis.push(`odd${i}`, "¬ a code", '{"formId":"x"}');
  await giveCode(world, "rich", "rich-old", { expire: 1_500_000_000_000 });
  await giveCode(world, "rich", "rich-new");
  return 20 + 3 + 2 + 4 + 2;
}

describe("the JSON document", () => {
  test("has the fields of the contract, and nothing else is on stdout", async () => {
    const codes = await giveMixture();
    const startedMs = Date.now();
    const result = await broadcast(world, ["--id", "b-1"]);
    const document = await checkBooks(world, result, codes);
    expect(document).toEqual({
      broadcastId: "b-1",
      status: "finished",
      templateId: TEMPLATE,
      recipients: 33,
      passedOver: 0,
      outcomes: outcomes({ sent: 21, no_code: 7, rejected: 5 }),
      codes: { spent: 24, expired: 5, refused: 0, released: 2 },
      errors: [
        { errcode: null, errmsg: "no code, but entries that are not understood", count: 3 },
        { errcode: 43101, errmsg: "user refuse to accept the msg", count: 3 },
        { errcode: 40003, errmsg: "invalid openid", count: 2 },
      ],
      open: 0,
      outages: { count: 0, ms: 0 },
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      finishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      durationMs: expect.any(Number),
      toGo: 0,
      sentPerSecond: expect.toSatisfy((rate) => rate === null || rate > 0),
      run: {
        runId: expect.any(String),
        sent: 21,
        durationMs: document.durationMs,
        sentPerSecond: document.sentPerSecond,
      },
      next: [],
    });
    expect(Date.parse(document.startedAt)).toBeGreaterThanOrEqual(startedMs);
    expect(document.durationMs).toBeLessThanOrEqual(Date.parse(document.finishedAt!) - startedMs);
    expect(result.code, "rejected users are no failure").toBe(0);
  });

  test("is what the record keeps", async () => {
    await giveUsers(world, 3);
    const result = await broadcast(world, [
      "--id",
      "b-1",
      "--keywords",
      "a,b",
      "--page",
      "p",
      "--emphasis",
      "1",
    ]);
    const record = await world.redis.client.hgetall("mina:broadcast:b-1");
    expect(record.status).toBe("finished");
    const {
      next: _,
      passedOver: __,
      ...document
    } = result.json<BroadcastResult & { passedOver: number; next: string[] }>();
    expect(JSON.parse(record.result!)).toEqual(document);
    expect(JSON.parse(record.message!)).toEqual({
      templateId: TEMPLATE,
      fields: [
        { name: "keyword1", value: "a" },
        { name: "keyword2", value: "b" },
      ],
      page: "p",
      options: { emphasis: "1" },
    });
    expect(await world.redis.client.ttl("mina:broadcast:b-1")).toBeGreaterThan(89 * 24 * 3600);
    expect(await world.redis.client.zrange("mina:broadcasts", "0", "-1")).toEqual(["b-1"]);
    expect(await world.redis.client.keys("mina:broadcast:b-1:*"), "no heartbeat, no audience").toEqual([]);
  });

  test("in a pipe without --json, the same as rows", async () => {
    await giveUsers(world, 3);
    const result = await runCli(["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b-1"], {
      env: cliEnv(world.redis.url, world.sandbox.url),
    });
    const rows = Object.fromEntries(
      result.stdout
        .trimEnd()
        .split("\n")
        .map((row) => row.split("\t")),
    );
    expect(rows).toMatchObject({ broadcastId: "b-1", status: "finished", recipients: "3" });
    expect(rows).toMatchObject({ "outcomes.sent": "3", "codes.spent": "3", open: "0" });
  });
});

test("pools are never given a time to live, ledgers always", async () => {
  await giveUsers(world, 5, { codes: 2 });
  await giveUsers(world, 2, { prefix: "invalid_" });
  expect((await broadcast(world)).code).toBe(0);
  for (const key of await world.redis.client.keys("mina:openid:*")) {
    expect(await world.redis.client.pttl(key), key).toBe(-1);
  }
  const ledgerKeys = await world.redis.client.keys("{mina:openid:*}:sends");
  expect(ledgerKeys).toHaveLength(7);
  for (const key of ledgerKeys) {
    const days = (await world.redis.client.ttl(key)) / 86_400;
    expect(days).toBeGreaterThan(7.9);
    expect(days).toBeLessThanOrEqual(8);
  }
});

describe("--report", () => {
  test("has one valid line for every recipient", async () => {
    const codes = await giveMixture();
    const path = join(dir, "mixture.ndjson");
    const document = await checkBooks(world, await broadcast(world, ["--report", path]), codes);
    const lines = readReport(path);
    expect(lines).toHaveLength(document.recipients);
    expect(new Set(lines.map(({ openId }) => openId)).size).toBe(lines.length);
    const count = (outcome: string) => lines.filter((line) => line.outcome === outcome).length;
    expect({ sent: count("sent"), no_code: count("no_code"), rejected: count("rejected") }).toEqual({
      sent: 21,
      no_code: 7,
      rejected: 5,
    });
    const line = (openId: string) => lines.find((found) => found.openId === openId);
    expect(line("u0")).toEqual({
      openId: "u0",
      outcome: "sent",
      attempts: 1,
      errcode: null,
      errmsg: null,
      msgid: expect.stringMatching(/^\d{19}$/),
      formId: "u0-a",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      variant: null,
    });
    expect(line("rich")).toMatchObject({ outcome: "sent", formId: "rich-new" });
    expect(line("refused_0")).toEqual({
      openId: "refused_0",
      outcome: "rejected",
      attempts: 1,
      errcode: 43101,
      errmsg: "user refuse to accept the msg",
      msgid: null,
      formId: "refused_0-a",
      at: expect.any(String),
      variant: null,
    });
    expect(line("invalid_0")).toMatchObject({ outcome: "rejected", errcode: 40003 });
    const errmsg = "no code, but entries that are not understood";
    expect(line("odd0")).toEqual({
      openId: "odd0",
      outcome: "no_code",
      attempts: 0,
      errcode: null,
      errmsg,
      msgid: null,
      formId: null,
      at: expect.any(String),
      variant: null,
    });
  });

  test("tells how many attempts it took", async () => {
    await giveUsers(world, 40);
    setFaults(world, "busy:20");
    const path = join(dir, "attempts.ndjson");
    expect((await broadcast(world, ["--report", path])).code).toBe(0);
    const attempts = readReport(path).reduce((sum, line) => sum + line.attempts, 0);
    const stats = world.sandbox.stats();
    expect(attempts).toBe(40 + stats.faults.busy!);
  });

  test("is added to, and a torn last line is cut off", async () => {
    await giveUsers(world, 2);
    const path = join(dir, "torn.ndjson");
    writeFileSync(path, '{"openId":"before"}\n{"openId":"to');
    expect((await broadcast(world, ["--report", path])).code).toBe(0);
    expect(
      readReport(path)
        .map(({ openId }) => openId)
        .sort(),
    ).toEqual(["before", "u0", "u1"]);
  });

  test("that can't be written stops before anything is sent", async () => {
    await giveUsers(world, 2);
    const before = await dumpAll(world);
    const result = await broadcast(world, ["--report", join(dir, "no/such/folder")]);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr).error.message).toContain("no/such/folder");
    expect(await dumpAll(world)).toEqual(before);
  });
});

describe("--id", () => {
  test("that is taken is refused, and nobody gets a second message", async () => {
    await giveUsers(world, 3, { codes: 2 });
    expect((await broadcast(world, ["--id", "spring"])).code).toBe(0);
    const before = await dumpAll(world);
    const again = await broadcast(world, ["--id", "spring"]);
    expect(again).toMatchObject({ code: 10, stdout: "" });
    expect(JSON.parse(again.stderr).error).toMatchObject({
      code: "locked",
      message: expect.stringMatching(/'spring' already exists: started .*, finished, 3 sent/),
      hint: expect.any(String),
    });
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().delivered).toBe(3);
  });

  test("that is another one is another broadcast, with the users' next codes", async () => {
    await giveUsers(world, 3, { codes: 2 });
    await broadcast(world, ["--id", "one"]);
    const second = await broadcast(world, ["--id", "two"]);
    expect(second.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 3 }));
    expect(world.sandbox.stats()).toMatchObject({ delivered: 6, maxPerUser: 2 });
    expect(await world.redis.pools()).toEqual({});
  });

  test.each(["a b", "../x", "", "-x", "a:b"])("'%s' can't be one", async (id) => {
    await giveUsers(world, 1);
    const result = await broadcast(world, [`--id=${id}`]);
    expect(result.code).toBe(2);
    expect(world.sandbox.stats().requests).toBe(0);
  });
});

describe("--dry-run", () => {
  test("gives the counts of the run that follows, and changes nothing", async () => {
    const codes = await giveMixture();
    // Whom the API will refuse can't be known before, so they count as reachable.
    const before = await dumpAll(world);
    const dry = await broadcast(world, ["--dry-run", "--keywords", "a,b"]);
    expect(dry.code, dry.stderr).toBe(0);
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().requests).toBe(0);

    const counted = dry.json<BroadcastResult>();
    expect(counted).toMatchObject({ dryRun: true, status: "finished", templateId: TEMPLATE, open: 0 });
    const real = await checkBooks(world, await broadcast(world, ["--keywords", "a,b"]), codes);
    expect(counted.recipients).toBe(real.recipients);
    expect(counted.outcomes).toEqual(
      outcomes({ sent: real.outcomes.sent + real.outcomes.rejected, no_code: real.outcomes.no_code }),
    );
    expect(counted.codes.expired).toBe(real.codes.expired);
    expect(counted.codes.spent).toBe(real.codes.spent + real.codes.released);
  });

  test("shows a message as it would go out", async () => {
    await giveCode(world, "u0", "form-0");
    const dry = await broadcast(world, ["--dry-run", "--keywords", "a,b", "--page", "p", "--emphasis", "2"]);
    expect(dry.json<{ sample: unknown }>().sample).toEqual({
      touser: "u0",
      template_id: TEMPLATE,
      page: "p",
      form_id: "form-0",
      data: { keyword1: { value: "a" }, keyword2: { value: "b" } },
      emphasis_keyword: "keyword2.DATA",
    });
  });

  test.each([
    ["--limit", "7"],
    ["--to", "u3", "late0", "nobody", "u3"],
    ["--concurrency", "2", "--limit", "25"],
  ])("agrees with the real run under %s %s", async (...flags) => {
    await giveMixture();
    const dry = (await broadcast(world, ["--dry-run", ...flags])).json<BroadcastResult>();
    const real = (await broadcast(world, flags)).json<BroadcastResult>();
    expect(dry.outcomes).toEqual(
      outcomes({ sent: real.outcomes.sent + real.outcomes.rejected, no_code: real.outcomes.no_code }),
    );
    expect(dry.recipients).toBe(real.recipients);
    expect(dry.codes.expired).toBe(real.codes.expired);
  });

  test("agrees on pools that take more than one look", async () => {
    const filler = Array.from({ length: 1300 }, (_, i) =>
      i % 3 === 0 ? plainEntry(`gone${i}`, Date.now() - HOUR_MS) : `unreadable ${i}`,
    );
    for (const user of ["deep0", "deep1", "deep2"]) await world.redis.push(user, ...filler);
    await giveCode(world, "deep1", "deep1-a");
    const before = await dumpAll(world);
    const dry = (await broadcast(world, ["--dry-run"])).json<BroadcastResult>();
    expect(await dumpAll(world)).toEqual(before);
    const real = (await broadcast(world)).json<BroadcastResult>();
    expect(dry.outcomes).toEqual(outcomes({ sent: 1, no_code: 2 }));
    expect(real.outcomes).toEqual(dry.outcomes);
    expect(real.codes.expired).toBe(3 * 434);
    expect(dry.codes.expired).toBe(real.codes.expired);
    expect(await world.redis.entries("deep1")).toEqual(
      filler.filter((entry) => entry.startsWith("unreadable")),
    );
  });

  test("needs no API and no --yes", async () => {
    await giveUsers(world, 2);
    const result = await runCli(["broadcast", TEMPLATE, "--dry-run", "--json"], {
      env: cliEnv(world.redis.url, "http://127.0.0.1:9"),
    });
    expect(result.code, result.stderr).toBe(0);
    expect(result.json<BroadcastResult>().outcomes.sent).toBe(2);
  });
});

describe("without a terminal", () => {
  test("a broadcast without --yes is not sent", async () => {
    await giveUsers(world, 2);
    const before = await dumpAll(world);
    const result = await runCli(["broadcast", TEMPLATE], { env: cliEnv(world.redis.url, world.sandbox.url) });
    expect(result).toMatchObject({ code: 11, stdout: "" });
    expect(result.stderr).toMatch(/^error: .*needs confirmation.*\nhint: .*--yes.*--dry-run\n$/);
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().requests).toBe(0);
  });

  test("and with --json the error is JSON", async () => {
    const result = await runCli(["broadcast", TEMPLATE, "--json"], {
      env: cliEnv(world.redis.url, world.sandbox.url),
    });
    expect(result).toMatchObject({ code: 11, stdout: "" });
    expect(JSON.parse(result.stderr)).toEqual({
      error: { code: "confirm", message: expect.any(String), hint: expect.stringContaining("--yes") },
    });
  });
});

describe("credentials", () => {
  test("that are wrong cost nothing: exit 4, nothing written", async () => {
    await giveUsers(world, 3);
    const before = await dumpAll(world);
    const result = await broadcast(world, [], { env: { PUSH_CLI_APPSECRET: "wrong-secret-9" } });
    expect(result).toMatchObject({ code: 4, stdout: "" });
    const { error } = JSON.parse(result.stderr);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringContaining("40001") });
    expect(error.hint).toContain("PUSH_CLI_APPSECRET");
    expect(result.stderr).not.toContain("wrong-secret-9");
    expect(await dumpAll(world)).toEqual(before);
  });

  test("that are missing are asked for", async () => {
    await giveUsers(world, 1);
    const { PUSH_CLI_APPSECRET: _, ...env } = cliEnv(world.redis.url, world.sandbox.url);
    const result = await runCli(["broadcast", TEMPLATE, "--yes", "--no-keywords", "--json"], { env });
    expect(result.code).toBe(4);
    expect(JSON.parse(result.stderr).error.hint).toContain("PUSH_CLI_APPSECRET");
    expect(world.sandbox.stats().requests).toBe(0);
  });

  test("a stored token is used, and no other is asked for", async () => {
    await giveUsers(world, 3);
    await broadcast(world, ["--limit", "1"]);
    await broadcast(world, ["--limit", "1"]);
    await broadcast(world, ["--limit", "1"]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 3, tokenCalls: { basic: 0, stable: 1 } });
  });

  test("a token that lapses in mid-run is fetched again once, for all requests in flight", async () => {
    await giveUsers(world, 200);
    const running = broadcast(world, ["--concurrency", "32", "--rate", "400/s"]);
    while (world.sandbox.stats().delivered < 50) await new Promise((resolve) => setTimeout(resolve, 1));
    world.sandbox.expireTokens();
    const result = await running;
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 200);
    expect(document.outcomes).toEqual(outcomes({ sent: 200 }));
    expect(world.sandbox.stats().tokenCalls).toEqual({ basic: 0, stable: 2 });
    const report = document.errors.find(({ errcode }) => errcode === 42001);
    expect(report?.count).toBeGreaterThan(0);
    expect(result.stdout + result.stderr).not.toMatch(/99_[\w-]{10}/);
  });
});
