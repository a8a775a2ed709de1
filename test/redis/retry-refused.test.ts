import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { broadcast, giveUsers, HOUR_MS, useFolder, useWorld } from "../broadcast/world.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry } from "../helpers/redis.ts";
import { type Ruling, useRelays } from "../helpers/relay.ts";

const world = useWorld();
const dir = useFolder();
const relayTo = useRelays();
const through = (rule: (command: string, args: string[]) => Ruling) => relayTo([world.redis.client], rule);

/** Refuses the first of every command, and then every other one, as a Redis does that is now and then busy. */
function everyOther(error: string): (command: string) => Ruling {
  const met = new Map<string, number>();
  return (command) => {
    const count = met.get(command) ?? 0;
    met.set(command, count + 1);
    return count % 2 === 0 ? { error } : undefined;
  };
}

const BUSY = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const LOADING = "LOADING Redis is loading the dataset in memory";

const cli = (url: string, argv: string[]) =>
  runCli([...argv, "--json"], { env: cliEnv(url, world.sandbox.url) });

it.each([BUSY, LOADING])(
  "what Redis refuses for the time being is waited for, and said: %s",
  async (error) => {
    await giveUsers(world, 3);
    await world.redis.push("u0", plainEntry("old", 1568000000000));
    const url = await through(everyOther(error));
    const stats = await cli(url, ["pool", "stats"]);
    expect(stats).toMatchObject({ code: 0 });
    expect(stats.stderr).toContain(`waiting up to 30 s: Redis is not ready at ${url}: ${error}`);
    expect(stats.stderr.match(/waiting up to/g)).toHaveLength(1);
    expect(stats.json()).toMatchObject({ pools: 3 });
    expect((await cli(url, ["pool", "list"])).lines()).toHaveLength(3);
    expect((await cli(url, ["pool", "export"])).lines()).toHaveLength(3);
    expect((await cli(url, ["purge"])).json()).toMatchObject({
      poolsScanned: 3,
      expiredRemoved: 1,
      complete: true,
    });
    const file = join(dir, "codes.ndjson");
    writeFileSync(file, `${JSON.stringify({ openId: "u9", formId: "f9", expire: Date.now() + HOUR_MS })}\n`);
    expect((await cli(url, ["pool", "import", file])).json()).toMatchObject({ imported: 1 });
    expect(await world.redis.entries("u9")).toHaveLength(1);
  },
);

it("a broadcast is started on a Redis that is busy, and goes on by itself", async () => {
  await giveUsers(world, 5);
  let refused = 0;
  const url = await through((_, args) => {
    // At the start, and again when the end is written down.
    const isDue = refused < 5 || (refused < 8 && args.includes("finishedAtMs") && args.includes("finished"));
    if (!isDue) return undefined;
    refused++;
    return { error: BUSY };
  });
  const sent = await broadcast({ ...world, redis: { ...world.redis, url } });
  expect(sent.code).toBe(0);
  expect(sent.json<BroadcastResult>().outcomes.sent).toBe(5);
  expect(refused).toBe(8);
});

it("a Redis that refuses for another reason is not waited for", async () => {
  await giveUsers(world, 1);
  let scans = 0;
  const url = await through((command) => {
    if (command !== "SCAN") return undefined;
    scans++;
    return {
      error:
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk",
    };
  });
  expect((await cli(url, ["pool", "list"])).code).toBe(6);
  expect(scans).toBe(1);
});

it("an import that fails tells how far it came", async () => {
  const rows = Array.from({ length: 450 }, (_, i) => ({
    openId: `u${i}`,
    formId: `f${i}`,
    expire: Date.now() + HOUR_MS,
  }));
  const file = join(dir, "many.ndjson");
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const url = await through((command, args) =>
    /^EVAL/.test(command) && args.includes("mina:openid:u250")
      ? { error: "ERR somebody has pulled the plug" }
      : undefined,
  );
  const failed = await cli(url, ["pool", "import", file]);
  expect(failed.code).toBe(6);
  const there = await world.redis.keys("mina:openid:*");
  // Batches before the one that failed, and what was under way beside it.
  expect(there.length).toBeGreaterThan(100);
  expect(there.length).toBeLessThan(450);
  expect(failed.json()).toMatchObject({ imported: there.length, complete: false });
});

/** A Redis that is another process from the second page of a sweep on, once. */
async function restartedInTheMiddle(): Promise<string> {
  let scans = 0;
  const info = await world.redis.client.info();
  return through((command) => {
    if (command === "SCAN" && ++scans === 2) return { hangUp: true };
    if (command !== "INFO") return undefined;
    return { reply: info.replace(/run_id:\w+/, `run_id:${(scans < 2 ? "a" : "b").repeat(40)}`) };
  });
}

it.each([
  ["pool stats", ["pool", "stats"], { pools: 1500 }],
  ["pool stats --sample", ["pool", "stats", "--sample", "1000"], { pools: 1500 }],
  ["purge --dry-run", ["purge", "--dry-run"], { poolsScanned: 1500 }],
  ["broadcast --dry-run", ["broadcast", "template-1", "--no-keywords", "--dry-run"], { recipients: 1500 }],
  ["broadcast", ["broadcast", "template-1", "--no-keywords", "--yes"], { recipients: 1500 }],
])("%s sweeps again when Redis was restarted in the middle", async (_, argv, counts) => {
  await giveUsers(world, 1500);
  const done = await cli(await restartedInTheMiddle(), argv);
  expect(done.stderr).not.toContain("error");
  expect(done.json()).toMatchObject(counts);
});

it("pool list sweeps again while it has printed nothing, and says so when it has", async () => {
  await giveUsers(world, 1500);
  const sorted = await cli(await restartedInTheMiddle(), ["pool", "list", "--sort", "valid"]);
  expect(sorted.lines()).toHaveLength(1500);
  const streamed = await cli(await restartedInTheMiddle(), ["pool", "list"]);
  expect(streamed).toMatchObject({ code: 6, stderr: expect.stringContaining("some keys may be missing") });
});
