import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { slotOf } from "../../src/redis/slots.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { beginMove, eventually, startTestCluster, type TestCluster } from "../helpers/cluster.ts";
import { javaPoolKey, plainEntry } from "../helpers/redis.ts";
import { readClusterRights } from "../helpers/rights.ts";
import { type Books, broadcast, checkBooks, HOUR_MS, outcomes, setFaults, TEMPLATE, until } from "./world.ts";

let cluster: TestCluster;
let books: Books;
beforeAll(async () => {
  cluster = await startTestCluster();
  const rights = readClusterRights();
  for (const server of cluster.servers) await cluster.to(server).call("ACL", "SETUSER", ...rights);
  // Everything below has the rights that the manual lists, and no others.
  const url = cluster.url.replace("://", "://pushcli:password@");
  books = { redis: { ...cluster, url }, sandbox: await startSandbox({ latencyMs: 10 }) };
});
afterAll(async () => {
  await books?.sandbox.close();
  await cluster?.stop();
});
beforeEach(async () => {
  await cluster.flush();
  books.sandbox.reset();
  setFaults(books);
});

const delivered = () => books.sandbox.stats().delivered;

async function giveUsers(count: number, codes = 1): Promise<string[]> {
  const expire = Date.now() + HOUR_MS;
  const openIds = Array.from({ length: count }, (_, i) => `u${i}`);
  const pushes = openIds.map((openId) => {
    const formIds = Array.from({ length: codes }, (_, n) => `${openId}-${n}`);
    books.sandbox.registerCodes(formIds.map((formId) => ({ openId, formId, expire })));
    return cluster.push(openId, ...formIds.map((formId) => plainEntry(formId, expire)));
  });
  await Promise.all(pushes);
  return openIds;
}

function run(argv: string[], stdin = "") {
  return runCli(argv, { env: cliEnv(books.redis.url, books.sandbox.url), stdin });
}

test("a broadcast goes on through the moves of slots", async () => {
  const openIds = await giveUsers(1200, 2);
  setFaults(books, "reset-after:3", "busy:3");
  const running = broadcast(books, ["--concurrency", "16"]);
  for (const [i, moment] of [100, 300, 500, 700].entries()) {
    await until(() => delivered() >= moment);
    const move = await beginMove(cluster, slotOf(`mina:openid:${openIds[i * 290]}`));
    await move.moveKeys(0.5);
    // A user of the slot whose turn it is now is waited for, and so may be all who come after.
    const begunAt = performance.now();
    await until(() => delivered() >= moment + 40 || performance.now() > begunAt + 300);
    await move.finish();
  }
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(books, result, 2400);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 1200 }), open: 0 });
  expect(books.sandbox.stats()).toMatchObject({ delivered: 1200, maxPerUser: 1 });
});

test("every command works on a cluster, a resume after an interruption too", async () => {
  const expire = Date.now() + HOUR_MS;
  const rows = Array.from({ length: 300 }, (_, i) => `c${i},c${i}-a,${expire},`);
  books.sandbox.registerCodes(
    rows.map((row) => row.split(",")).map(([openId = "", formId = ""]) => ({ openId, formId, expire })),
  );
  const imported = await run(["pool", "import", "--json"], rows.join("\n"));
  expect(imported.json()).toMatchObject({ lines: 300, imported: 300 });
  expect((await run(["pool", "import", "--json"], rows.join("\n"))).json()).toMatchObject({
    imported: 0,
    known: 300,
  });
  expect((await run(["pool", "show", "c7", "--json"])).json()).toMatchObject({ valid: 1 });
  await cluster.push("c7", plainEntry("old", 1_568_000_000_000));
  const purged = await run(["purge", "--json"]);
  expect(purged.json()).toMatchObject({ poolsScanned: 300, expiredRemoved: 1, complete: true });
  const listed = await run(["pool", "list", "--sort", "valid", "--limit", "1000", "--json"]);
  expect(listed.lines()).toHaveLength(300);
  expect((await run(["pool", "stats", "--json"])).json()).toMatchObject({ pools: 300, reachable: 300 });
  const exported = await run(["pool", "export", "--match", "c?"]);
  expect(exported.stdout.trim().split("\n")).toHaveLength(10);
  expect((await run(["pool", "remove", "c7", "c8", "--yes", "--json"])).json()).toMatchObject({
    poolsRemoved: 2,
  });
  expect((await run(["pool", "import", "--json"], exported.stdout)).json()).toMatchObject({
    imported: 2,
    known: 8,
  });
  expect((await run(["token", "refresh"])).code).toBe(0);
  expect((await run(["token", "show"])).code).toBe(0);
  expect((await run(["broadcast", TEMPLATE, "--dry-run", "--json"])).json()).toMatchObject({
    recipients: 300,
  });

  let signal = (_: "SIGINT") => {};
  const started = broadcast(books, ["--concurrency", "8", "--id", "b1"], {
    onStart: (deliver) => {
      signal = deliver;
    },
  });
  await until(() => delivered() >= 80);
  signal("SIGINT");
  expect((await started).code).toBe(130);
  const resumed = await run(["broadcast", "resume", "b1", "--json", "--yes"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(await checkBooks(books, resumed, 300)).toMatchObject({ status: "finished", recipients: 300 });
  expect(books.sandbox.stats()).toMatchObject({ delivered: 300, maxPerUser: 1 });
  expect((await run(["broadcast", "list", "--json"])).lines()).toHaveLength(1);
  expect((await run(["broadcast", "show", "b1", "--exact", "--json"])).json()).toMatchObject({
    outcomes: { sent: 300 },
  });
  const some = await run(
    ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--json", "--to-file", "-"],
    "c1\nc2\nc299\n",
  );
  expect(some.json()).toMatchObject({ outcomes: { no_code: 3 } });
});

test("pools whose keys Java serialized are found, purged and sent to on a cluster, too", async () => {
  const expire = Date.now() + HOUR_MS;
  const openIds = Array.from({ length: 150 }, (_, i) => `j${i}`);
  books.sandbox.registerCodes(openIds.map((openId) => ({ openId, formId: `${openId}-a`, expire })));
  const keys = openIds.map(javaPoolKey);
  for (const [i, key] of keys.entries())
    await cluster.client.rpush(key, plainEntry("old", 1_568_000_000_000), plainEntry(`j${i}-a`, expire));
  // The manual's rights are for keys that are plain text.
  const env = cliEnv(cluster.url, books.sandbox.url);
  const runJava = async (...argv: string[]) => {
    const result = await runCli([...argv, "--pool-keys", "java", "--json"], { env });
    expect(result.code, result.stderr).toBe(0);
    return result;
  };
  expect((await runJava("pool", "list")).lines()).toHaveLength(150);
  expect((await runJava("pool", "show", "j7")).json()).toMatchObject({ valid: 1, expired: 1 });
  expect((await runJava("purge")).json()).toMatchObject({ poolsScanned: 150, expiredRemoved: 150 });
  setFaults(books, "reset-after:3", "busy:3");
  expect((await runJava("broadcast", TEMPLATE, "--yes", "--no-keywords")).json()).toMatchObject({
    outcomes: { sent: 150 },
  });
  expect(books.sandbox.stats()).toMatchObject({ delivered: 150, maxPerUser: 1 });
  expect(await Promise.all(keys.map((key) => cluster.client.exists(key)))).not.toContain(1);
});

test("a master killed in mid-run: its replica takes over, the broadcast goes on and finishes", async () => {
  await giveUsers(1500);
  setFaults(books, "reset-after:3", "busy:3");
  const running = broadcast(books, ["--concurrency", "16"]);
  await until(() => delivered() >= 300);
  const [victim] = await cluster.masters();
  await cluster.kill(victim!);
  await eventually(
    async () => (await cluster.masters()).length === 3 && !(await cluster.masters()).includes(victim!),
  );
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(books, result, 1500);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 1500 }), open: 0 });
  expect(books.sandbox.stats()).toMatchObject({ delivered: 1500, maxPerUser: 1 });
  expect(await cluster.pools()).toEqual({});
});

test("nothing of all this was refused", async () => {
  for (const server of await cluster.masters())
    expect(await cluster.to(server).call("ACL", "LOG"), `on ${server.port}`).toEqual([]);
});
