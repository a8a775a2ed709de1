import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";
import { APPID, findSecrets, giveUsers, readLines, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const SENT = ["broadcast", TEMPLATE, "--keywords", "Order 42,shipped", "--yes"];

describe("the built command in a pipe", () => {
  it("prints version and help on stdout, with no settings at all", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    for (const word of ["--version", "version"])
      expect(await cli.run([word])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    for (const argv of [[], ["--help"], ["help"]]) {
      const { code, stdout, stderr } = await cli.run(argv);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^Usage: push-cli [\s\S]*Commands:[\s\S]*Examples:/);
    }
  });

  it("imports codes, shows and lists them as plain rows and as JSON", async () => {
    const stdin = "openId,formId,expire\noA,f1,2033-01-01T00:00:00Z\noA,f2,1568000000\noB,f3,1988150400\n";
    expect(await cli.run(["pool", "import"], { stdin })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("lines\t3\nimported\t2\nknown\t0\nused\t0\nexpired\t1\nbad\t0\n"),
    });
    expect((await cli.run(["pool", "show", "oA"])).stdout).toBe(
      "valid\tf1\t2033-01-01T00:00:00.000Z\t1\toverlong\t\t\t\t\n",
    );
    expect(JSON.parse((await cli.run(["pool", "show", "oA", "--json"])).stdout)).toMatchObject({
      openId: "oA",
      key: "mina:openid:oA",
      valid: 1,
      codes: [{ formId: "f1", expire: Date.UTC(2033, 0, 1), state: "valid" }],
    });
    const list = await cli.run(["pool", "list", "--sort", "expiry"]);
    expect(list).toEqual({
      code: 0,
      stdout: ["oA", "oB"]
        .map((openId) => `${openId}\t1\t0\t0\t2033-01-01T00:00:00.000Z\t2033-01-01T00:00:00.000Z\n`)
        .join(""),
      stderr: "",
    });
  });

  it("ends quietly when the reader of a long list has seen enough", async () => {
    await giveUsers(world, 5000);
    const first = async (command: string) => {
      const pipe = `set -o pipefail; "$0" "$1" ${command} | head -1`;
      const { code, stdout, stderr } = await cli.spawn("bash", ["-c", pipe, process.execPath, cli.program])
        .done;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    expect(JSON.parse(await first("pool list --json"))).toMatchObject({ valid: 1 });
    expect(JSON.parse(await first("pool export --quiet"))).toMatchObject({ openId: expect.any(String) });
    expect(await first("pool stats")).toBe("pools\t5000\n");
  });

  it("says once that the disk is full", async () => {
    const line = '"$0" "$1" channels > /dev/full';
    const { code, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program]).done;
    expect([code, stderr]).toEqual([
      12,
      expect.stringMatching(/^error: cannot write to stdout: ENOSPC[^\n]*\n$/),
    ]);
  });

  it("sends to everybody, and says that the report is incomplete, when its reader on stdout leaves", async () => {
    await giveUsers(world, 400);
    const line = `"$0" "$1" broadcast ${TEMPLATE} --no-keywords --yes --quiet --report - | head -1; exit "\${PIPESTATUS[0]}"`;
    const { code, stdout, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program])
      .done;
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "sent" });
    expect([code, stderr]).toEqual([12, expect.stringContaining("the report on stdout is incomplete")]);
    expect(world.sandbox.stats().delivered).toBe(400);
  });

  it("moves pools from one Redis to another in a pipe, and takes some out", async () => {
    await giveUsers(world, 300);
    const pipe = `set -o pipefail; "$0" "$1" pool export | "$0" "$1" pool import --key-prefix other: --json`;
    const moved = await cli.spawn("bash", ["-c", pipe, process.execPath, cli.program]).done;
    expect([moved.code, moved.stderr]).toEqual([0, expect.stringMatching(/^300 codes of 300 pools$/m)]);
    expect(JSON.parse(moved.stdout)).toMatchObject({ imported: 300, bad: 0 });
    const stats = async (...flags: string[]) =>
      JSON.parse((await cli.run(["pool", "stats", "--json", ...flags])).stdout);
    expect({ ...(await stats("--key-prefix", "other:")), at: "" }).toEqual({ ...(await stats()), at: "" });
    const removed = await cli.run([
      "pool",
      "remove",
      "o0001",
      "o0002",
      "--yes",
      "--export",
      "removed.ndjson",
    ]);
    expect(removed).toMatchObject({ code: 0, stderr: "" });
    expect(readLines(join(cli.folder, "removed.ndjson"))).toHaveLength(2);
    expect(await stats()).toMatchObject({ pools: 298, exact: true });
  });

  it("purges, counts only with --dry-run, and is silent with --quiet", async () => {
    await world.redis.push(
      "oA",
      '{"formId":"old","expire":1568000000000}',
      '{"formId":"good","expire":9999999999999}',
    );
    const dry = await cli.run(["purge", "--dry-run", "--json"]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ expiredRemoved: 1, dryRun: true, complete: true });
    expect(await world.redis.entries("oA")).toHaveLength(2);
    expect(await cli.run(["purge", "--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await world.redis.entries("oA")).toEqual(['{"formId":"good","expire":9999999999999}']);
    const { stdout, stderr } = await cli.run(["purge"]);
    expect(stdout).toMatch(/^poolsScanned\t1\npoolsChanged\t0\n/);
    expect(stderr).toBe("");
  });

  it("leaves a purge to the one that is at it, also from cron", async () => {
    await world.redis.client.set("mina:lock:purge", "somebody", "PX", 60_000);
    const { code, stdout, stderr } = await cli.run(["purge", "--quiet"]);
    expect([code, stdout]).toEqual([10, ""]);
    expect(stderr).toMatch(/^error: another purge is running\nhint: /);
  });

  it("shows and refreshes the token, in both modes, and a new one only by force", async () => {
    expect(await cli.run(["token", "show"])).toMatchObject({ code: 3, stdout: "" });
    const token = async (...flags: string[]) =>
      JSON.parse((await cli.run(["token", ...flags, "--json"])).stdout) as Record<string, string>;
    const first = await token("refresh");
    expect(first).toMatchObject({
      appid: APPID,
      source: "api",
      token: expect.stringMatching(/^.{6}\.\.\.$/),
    });
    expect(await token("refresh")).toEqual({ ...first, source: "store", expiresAt: expect.anything() });
    expect(await token("show")).toMatchObject({ token: first.token, source: "store" });
    expect(await token("refresh", "--force", "--yes")).toMatchObject({ source: "api" });
    expect(await token("refresh", "--force", "--yes", "--token-mode", "basic")).toMatchObject({
      source: "api",
    });
    expect(world.sandbox.stats().tokenCalls).toEqual({ stable: 2, basic: 1 });
  });

  it("broadcasts: plain rows on stdout, talk on stderr, nothing live", async () => {
    await giveUsers(world, 30);
    const { code, stdout, stderr } = await cli.run(SENT);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^broadcastId\t\S+\nstatus\tfinished\n/);
    expect(stdout).toContain("outcomes.sent\t30\n");
    expect(stdout + stderr).not.toContain("\x1b");
    expect(stderr).toMatch(/^broadcast \S+\n$/);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 30, maxPerUser: 1 });
  });

  it("broadcasts with --json: one document on stdout, and a report without secrets", async () => {
    await giveUsers(world, 20);
    const { code, stdout } = await cli.run([...SENT, "--json", "--report", "report.ndjson", "--quiet"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "finished", recipients: 20, outcomes: { sent: 20 } });
    const report = join(cli.folder, "report.ndjson");
    const lines = readLines<{ openId: string; outcome: string }>(report);
    expect(new Set(lines.map(({ openId }) => openId)).size).toBe(20);
    expect(lines.every(({ outcome }) => outcome === "sent")).toBe(true);
    const token = (await world.redis.client.get(`mina:access_token:${APPID}`)) ?? "";
    expect(findSecrets(readFileSync(report, "utf8"), [token])).toEqual([]);
  });

  it("sends nothing without a terminal to ask on, unless told --yes", async () => {
    await giveUsers(world, 3);
    const { code, stdout, stderr } = await cli.run(SENT.slice(0, -1), { stdin: "y\n" });
    expect([code, stdout]).toEqual([11, ""]);
    expect(stderr).toMatch(/^error: a broadcast needs confirmation.*\nhint: use --yes/);
    expect(world.sandbox.stats().requests).toBe(0);
  });

  it("tells with --dry-run what it would do, and changes nothing", async () => {
    await giveUsers(world, 7);
    const before = await world.redis.client.keys("*");
    const { stdout } = await cli.run(["broadcast", TEMPLATE, "--dry-run", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      outcomes: { sent: 7 },
      sample: { form_id: expect.any(String) },
    });
    expect((await world.redis.client.keys("*")).sort()).toEqual(before.sort());
    expect(world.sandbox.stats().requests).toBe(0);
  });

  it("takes options before the template id as well as behind it", async () => {
    await giveUsers(world, 2);
    const { code, stdout } = await cli.run(["broadcast", "--dry-run", "--keywords", "a", TEMPLATE, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ templateId: TEMPLATE, outcomes: { sent: 2 } });
  });

  it("lists broadcasts and shows one", async () => {
    await giveUsers(world, 2);
    await cli.run([...SENT, "--id", "autumn"]);
    expect((await cli.run(["broadcast", "list"])).stdout).toMatch(
      /^autumn\t\S+\tfinished\torder-shipped\t2\t0\t0\t0\n$/,
    );
    const shown = await cli.run(["broadcast", "show", "autumn", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      broadcastId: "autumn",
      outcomes: { sent: 2 },
      runs: [{ alive: false }],
    });
    expect(await cli.run(["broadcast", "show", "autum"])).toMatchObject({ code: 3, stdout: "" });
  });

  it("says in its exit code what went wrong, and how to go on", async () => {
    const refusals: [string[], number, RegExp][] = [
      [["pol"], 2, /^error: unknown command 'pol'\nhint: did you mean pool\?\n$/],
      [["pool", "show", "nobody"], 3, /^error: no pool '.*nobody'\nhint: .*\n$/],
      [
        ["pool", "list", "--redis-url", "redis://127.0.0.1:1"],
        6,
        /^error: can't reach Redis at .*\nhint: .*\n$/,
      ],
      [
        ["token", "refresh", "--api-base", "http://127.0.0.1:1"],
        7,
        /^error: no access token from .*\nhint: .*\n$/,
      ],
      [
        ["pool", "list", "--config", "nope.json", "--json"],
        2,
        /^\{"error":\{"code":"usage",.*"hint":".*"\}\}\n$/,
      ],
    ];
    for (const [argv, code, message] of refusals) {
      expect(await cli.run(argv)).toEqual({ code, stdout: "", stderr: expect.stringMatching(message) });
    }
  });
});
