import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { ReportLine } from "../../../src/broadcast/report.ts";
import { startSandbox } from "../../../src/sandbox/sandbox.ts";
import {
  broadcast,
  checkBooks,
  dumpAll,
  giveCode,
  giveUsers,
  interrupt,
  ledgers,
  outcomes,
  setFaults,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { type CliResult, cliEnv, runCli } from "../../helpers/cli.ts";
import { startTestCluster } from "../../helpers/cluster.ts";
import { TEMPLATES } from "../../sandbox/api.ts";
import { errorOf, inPipe } from "./at-terminal.ts";

/* Whoever is on the suppression list gets no message. */

const world = useWorld({ sandbox: { latencyMs: 2 } });
const dir = useFolder();
const HOUR_MS = 3_600_000;

function run(...argv: string[]): Promise<CliResult> {
  return runCli([...argv, "--json"], { env: cliEnv(world.redis.url, world.sandbox.url) });
}

async function suppress(...openIds: string[]): Promise<void> {
  const { code, stderr } = await run("suppress", "add", ...openIds);
  expect(code, stderr).toBe(0);
}

const resume = (...args: string[]) =>
  run("broadcast", "resume", "b-1", "--yes", "--max-errors", "9999", ...args);
const deliveries = () => world.sandbox.stats().deliveriesByUser;

function reportOf(path: string): Map<string, ReportLine> {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  return new Map(lines.map((line) => JSON.parse(line)).map((line: ReportLine) => [line.openId, line]));
}

/** What is kept of a user. */
async function kept(openId: string): Promise<unknown> {
  const dump = await dumpAll(world);
  return [dump[`mina:openid:${openId}`], dump[`{mina:openid:${openId}}:sends`]];
}

describe("a broadcast", () => {
  test("counts them as its dry run does, leaves their pools alone, and reports them", async () => {
    await giveUsers(world, 30, { codes: 2 });
    await suppress("u1", "u2", "u29", "stranger");
    const before = await Promise.all(["u1", "u2", "u29"].map(kept));
    const dry = (await broadcast(world, ["--dry-run"])).json<BroadcastResult>();
    const report = join(dir, "report.ndjson");
    const real = await broadcast(world, ["--id", "b-1", "--report", report]);
    expect(real.code, real.stderr).toBe(0);
    const document = await checkBooks(world, real, 60);
    expect(document).toMatchObject({
      recipients: 30,
      outcomes: outcomes({ sent: 27, suppressed: 3 }),
      toGo: 0,
    });
    expect({ recipients: dry.recipients, outcomes: dry.outcomes }).toEqual({
      recipients: 30,
      outcomes: document.outcomes,
    });
    expect(await Promise.all(["u1", "u2", "u29"].map(kept))).toEqual(before);
    expect(reportOf(report).get("u2")).toMatchObject({ outcome: "suppressed", attempts: 0, formId: null });
    const shown = (await run("broadcast", "show", "b-1")).json<BroadcastResult>();
    expect(shown.outcomes).toEqual(document.outcomes);
    const exact = (await run("broadcast", "show", "b-1", "--exact")).json<BroadcastResult>();
    expect(exact.outcomes).toEqual(document.outcomes);
  });

  test("says so in the question and in the summary", async () => {
    await giveUsers(world, 3);
    await suppress("u1");
    const argv = ["broadcast", "template-1", "--no-keywords", "--dry-run", "--format", "table"];
    const { stdout } = await runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url) });
    expect(stdout).toMatch(/^audience +all pools: 3 users, 1 withheld, 2 with a valid code$/m);
    expect(stdout).toMatch(/^withheld +suppressed 1$/m);
    expect(stdout).toMatch(/^suppressed +1 +33\.3% +on the suppression list$/m);
  });

  test("to a list, with values or without pools, leaves them out as well", async () => {
    await giveUsers(world, 4);
    await suppress("u1", "u3", "poor");
    const path = join(dir, "rows.csv");
    writeFileSync(path, "openId,name\nu0,Ada\nu1,Bob\npoor,Eve\n");
    const rows = await broadcast(world, ["--to-file", path, "--keywords", "{{name}}"]);
    expect(rows.json()).toMatchObject({ outcomes: outcomes({ sent: 1, suppressed: 2 }) });
    const fields = ["--field", "thing1=a", "time2=2026-11-27 10:00", "thing3=b", "--yes", "--no-pool"];
    world.sandbox.registerConsents(
      ["u2", "u3"].map((openId) => ({ openId, templateId: TEMPLATES.activity, count: 1 })),
    );
    const channel = ["--channel", "wechat-subscribe"];
    const listed = await run("broadcast", TEMPLATES.activity, ...fields, ...channel, "--to", "u2", "u3");
    expect(listed.json(), listed.stderr).toMatchObject({ outcomes: outcomes({ sent: 1, suppressed: 1 }) });
    expect(world.sandbox.stats().subscribe.byTemplate[TEMPLATES.activity]).toMatchObject({ delivered: 1 });
    expect(await ledgers(world)).toEqual(new Map([["u0", "sent"]]));
  });

  test("of consents leaves them where they are", async () => {
    for (const openId of ["u0", "u1"]) {
      world.sandbox.registerConsents([{ openId, templateId: TEMPLATES.activity, count: 1 }]);
      const entry = `{"consent":"${openId}","at":1780000000000}`;
      await world.redis.client.rpush(`mina:consent:{${openId}}:${TEMPLATES.activity}`, entry);
    }
    await run("suppress", "add", `mina:consent:{u1}:${TEMPLATES.activity}`, "--channel", "wechat-subscribe");
    const fields = ["--field", "thing1=a", "time2=2026-11-27 10:00", "thing3=b", "--yes"];
    const sent = await run("broadcast", TEMPLATES.activity, ...fields, "--channel", "wechat-subscribe");
    expect(sent.json(), sent.stderr).toMatchObject({ outcomes: outcomes({ sent: 1, suppressed: 1 }) });
    expect(await world.redis.keys("mina:consent:{u1}*")).toHaveLength(1);
  });

  test("that would reach nobody else ends with 3 and says why", async () => {
    await giveUsers(world, 3);
    await suppress("u0", "u1", "u2");
    for (const args of [["--dry-run"], []]) {
      const { code, stderr } = await broadcast(world, args);
      expect(code).toBe(3);
      expect(stderr).toContain("the message is withheld from 3 users (suppressed 3)");
    }
    const filtered = await broadcast(world, ["--dry-run", "--match", "u1"]);
    expect(filtered.json()).toMatchObject({ outcomes: outcomes({ suppressed: 1 }), filtered: { match: 2 } });
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  test("stops asking when the list can't be read, and nothing was sent", async () => {
    await giveUsers(world, 3);
    await world.redis.client.set("mina:suppressed", "no hash");
    const { code, stderr } = await broadcast(world);
    expect(code).toBe(6);
    expect(stderr).toContain("mina:suppressed");
    expect(world.sandbox.stats().delivered).toBe(0);
    expect(await world.redis.keys("mina:openid:*")).toHaveLength(3);
  });

  test("in a cluster looks at the server that has the list", async () => {
    const cluster = await startTestCluster();
    const sandbox = await startSandbox();
    try {
      const books = { redis: cluster, sandbox };
      for (let i = 0; i < 30; i++) await giveCode(books, `u${i}`, `u${i}-a`);
      const env = cliEnv(cluster.url, sandbox.url);
      const cli = (...argv: string[]) => runCli([...argv, "--json"], { env });
      expect((await cli("suppress", "add", "u1", "u2", "u3", "--for", "1h")).code).toBe(0);
      expect((await cli("suppress", "list")).lines()).toHaveLength(3);
      await cli("suppress", "remove", "u3");
      const want = { outcomes: outcomes({ sent: 28, suppressed: 2 }) };
      expect((await broadcast(books, ["--dry-run"])).json()).toMatchObject(want);
      expect((await broadcast(books)).json()).toMatchObject(want);
      expect(sandbox.stats().deliveriesByUser).not.toHaveProperty("u1");
    } finally {
      await sandbox.close();
      await cluster.stop();
    }
  });
});

describe("somebody who is added", () => {
  test("while it runs does not get it, unless claimed before", async () => {
    await giveUsers(world, 300);
    const running = broadcast(world, ["--id", "b-1", "--concurrency", "4", "--rate", "100/s"]);
    await until(() => world.sandbox.stats().delivered > 10);
    await suppress(...Array.from({ length: 300 }, (_, i) => `u${i}`));
    const claimed = (await ledgers(world)).size;
    const result = await running;
    const { sent, suppressed } = result.json<BroadcastResult>().outcomes;
    // Two batches may have been on their way.
    expect(sent).toBeLessThanOrEqual(claimed + 8);
    expect({ sum: sent + suppressed, some: suppressed > 200 }).toEqual({ sum: 300, some: true });
    expect(world.sandbox.stats().delivered).toBe(sent);
  });

  test("after a run died that had claimed for them gets nothing more: the outcome is unknown", async () => {
    await giveUsers(world, 12);
    await broadcast(world, ["--id", "b-1", "--limit", "2"]);
    const done = Object.keys(deliveries());
    const others = Array.from({ length: 12 }, (_, i) => `u${i}`).filter((openId) => !done.includes(openId));
    const [hers = "", his = "", free = ""] = others;
    await world.redis.open.stores.ledger({ broadcastId: "b-1", runId: "dead" }).claim([hers, his]);
    await suppress(hers, free);
    const dry = await resume("--limit", "none", "--dry-run");
    expect(dry.json()).toMatchObject({ wouldSend: 8, toSend: { fresh: 7, open: 1, retries: 0 } });
    const report = join(dir, "after.ndjson");
    const result = await resume("--limit", "none", "--report", report);
    expect(result.code, result.stderr).toBe(8);
    const document = await checkBooks(world, result, 12);
    expect(document).toMatchObject({
      recipients: 12,
      outcomes: { sent: 10, unknown: 1, suppressed: 1 },
      codes: { spent: 11 },
      errors: [
        { errcode: null, count: 1, errmsg: expect.stringContaining("suppressed since it was claimed") },
      ],
    });
    expect(deliveries()).not.toHaveProperty(hers);
    expect(deliveries()).not.toHaveProperty(free);
    expect(reportOf(report).get(hers)).toMatchObject({
      outcome: "unknown",
      attempts: 1,
      errmsg: "suppressed since it was claimed; an earlier attempt may have arrived",
    });
    // Back off the list, the same code may be tried again.
    await run("suppress", "remove", hers);
    expect((await resume("--retry-unknown")).json()).toMatchObject({ outcomes: { sent: 11, unknown: 0 } });
    expect(deliveries()[hers]).toBe(1);
  });

  test("is not tried again, whatever the outcome was", async () => {
    await giveUsers(world, 6, { codes: 2 });
    setFaults(world, "unlisted:100");
    expect((await broadcast(world, ["--id", "b-1", "--max-errors", "9999"])).json()).toMatchObject({
      outcomes: { failed: 6 },
    });
    setFaults(world);
    await suppress("u1", "u2");
    const before = await Promise.all(["u1", "u2"].map(kept));
    const dry = await resume("--retry-failed", "--dry-run");
    expect(dry.json()).toMatchObject({ wouldSend: 4, toSend: { retries: 4 } });
    const again = await resume("--retry-failed");
    expect(again.json()).toMatchObject({ recipients: 6, outcomes: { sent: 4, failed: 2, suppressed: 0 } });
    expect(await Promise.all(["u1", "u2"].map(kept))).toEqual(before);
  });

  test("between two runs is left out by the second; who is taken off is sent to", async () => {
    await giveUsers(world, 200);
    await suppress("u7", "u8");
    await interrupt(
      world,
      ["--id", "b-1", "--rate", "200/s", "--concurrency", "8"],
      () => world.sandbox.stats().delivered > 20,
    );
    const states = await ledgers(world);
    const fresh = Array.from({ length: 200 }, (_, i) => `u${i}`).filter((openId) => !states.has(openId));
    const [late = ""] = fresh.filter((openId) => !["u7", "u8"].includes(openId));
    await suppress(late);
    await run("suppress", "remove", "u7");
    const dry = (await resume("--dry-run")).json<{ wouldSend: number; outcomes: Record<string, number> }>();
    expect(dry.wouldSend).toBe(fresh.length - 2);
    expect(dry.outcomes.suppressed).toBe(2);
    const result = await resume();
    expect(result.json()).toMatchObject({
      recipients: 200,
      outcomes: { sent: 198, suppressed: 2, unknown: 0 },
    });
    expect(deliveries()).toHaveProperty("u7");
    expect(deliveries()).not.toHaveProperty(late);
  });

  test("is in the totals of joined runs once", async () => {
    await giveUsers(world, 150);
    await suppress(...Array.from({ length: 20 }, (_, i) => `u${i * 7}`));
    const running = broadcast(world, ["--id", "b-1", "--rate", "150/s"]);
    await until(() => world.sandbox.stats().delivered > 20);
    const joined = await resume("--join");
    const first = await running;
    for (const { code, stderr } of [first, joined]) expect(code, stderr).toBe(0);
    const shown = (await run("broadcast", "show", "b-1")).json<BroadcastResult>();
    expect(shown).toMatchObject({
      recipients: 150,
      outcomes: outcomes({ sent: 130, suppressed: 20, skipped: shown.outcomes.skipped }),
    });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 130, maxPerUser: 1 });
  });
});

test("random audiences and lists: who gets it is what a plain model says", async () => {
  const user = fc.record({
    codes: fc.integer({ min: 0, max: 2 }),
    isMatched: fc.boolean(),
    end: fc.constantFrom("unlisted", "unlisted", "none", "future", "past", "garbage"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(user, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      async (users, isListed) => {
        await world.redis.client.flushall();
        world.sandbox.reset();
        const nowMs = Date.now();
        const values = {
          none: "{}",
          future: JSON.stringify({ untilMs: nowMs + HOUR_MS }),
          past: JSON.stringify({ untilMs: nowMs - HOUR_MS }),
          garbage: "?",
        };
        const named = users.map((one, i) => ({ ...one, openId: `${one.isMatched ? "m" : "x"}${i}` }));
        for (const { openId, codes, end } of named) {
          for (let n = 0; n < codes; n++) await giveCode(world, openId, `${openId}-${n}`);
          if (end in values)
            await world.redis.client.hset("mina:suppressed", openId, values[end as keyof typeof values]);
        }
        const before = await dumpAll(world);
        const audience = isListed ? ["--to", ...named.map(({ openId }) => openId)] : [];
        const result = await broadcast(world, [...audience, "--match", "m*"]);
        const met = named.filter(({ codes }) => isListed || codes > 0);
        const inIt = met.filter(({ isMatched }) => isMatched);
        const isSuppressed = ({ end }: { end: string }) => end in values && end !== "past";
        const want = inIt.filter((one) => !isSuppressed(one) && one.codes > 0).map(({ openId }) => openId);
        expect(Object.keys(deliveries()).sort()).toEqual([...want].sort());
        if (met.length === 0) return;
        expect(result.json<BroadcastResult>().outcomes).toEqual(
          outcomes({
            sent: want.length,
            suppressed: inIt.filter(isSuppressed).length,
            no_code: inIt.filter((one) => !isSuppressed(one) && one.codes === 0).length,
          }),
        );
        const after = await dumpAll(world);
        for (const one of named.filter(isSuppressed)) {
          for (const key of [`mina:openid:${one.openId}`, `{mina:openid:${one.openId}}:sends`])
            expect(after[key], key).toEqual(before[key]);
        }
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test("--test refuses a suppressed tester before anything is sent", async () => {
  await giveUsers(world, 3);
  await suppress("u1");
  const { code, stderr } = await broadcast(world, ["--test", "u0", "u1"]);
  expect(code).toBe(2);
  expect(errorOf({ stderr } as CliResult)).toMatchObject({
    message: "--test: 'u1' is on the suppression list",
  });
  expect(world.sandbox.stats().requests).toBe(0);
});

test.each(["suppressed", "held_out", "capped"])(
  "recipients --outcome %s says where they are",
  async (word) => {
    await giveUsers(world, 1);
    await broadcast(world, ["--id", "b-1"]);
    const { code, stderr } = await inPipe(world, ["recipients", "b-1", "--outcome", `sent,${word}`]);
    expect(code).toBe(2);
    expect(stderr).toContain(`--outcome: ${word} users are not in the ledgers`);
    expect(stderr).toContain("--report");
  },
);
