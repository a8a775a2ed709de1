import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { useFolder } from "../broadcast/world.ts";
import { onlyValue, parseExposition } from "../helpers/exposition.ts";
import { useHookServer } from "../helpers/hook-server.ts";
import { plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const hook = useHookServer();
const dir = useFolder();
const OLD = 1_568_000_000_000;
const LOCK = "mina:lock:purge";

beforeEach(async () => {
  await world.redis.push("o1", plainEntry("old", OLD), plainEntry("good", Date.now() + HOUR_MS));
  await world.redis.push("o2", "not ours");
});

describe("--ping", () => {
  it("requests the URL once after a purge, when the codes are gone", async () => {
    let left = 0;
    hook.onCall = async () => {
      left = await world.redis.client.llen("mina:openid:o1");
    };
    const ended = await world.cli(["purge", "--ping", `${hook.url}/ping/uuid?status=up`]);
    expect(ended.code).toBe(0);
    expect(hook.calls).toMatchObject([{ method: "GET", path: "/ping/uuid?status=up", body: "" }]);
    expect(left).toBe(1);
  });

  it("comes from the environment, too, and --ping none is for a purge that nobody waits for", async () => {
    const env = { PUSH_CLI_PURGE_PING_URL: `${hook.url}/ping/uuid` };
    expect((await world.cli(["purge", "--quiet"], { env })).stderr).toBe("");
    expect(hook.calls).toHaveLength(1);
    expect((await world.cli(["purge", "--ping", "none"], { env })).code).toBe(0);
    expect(hook.calls).toHaveLength(1);
  });

  it("does not ping for a purge that failed, nor for a dry run, which says whom it would ping", async () => {
    const argv = ["purge", "--ping", `${hook.url}/ping/uuid`];
    const dry = await world.cli([...argv, "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringMatching(/would ping 127\.0\.0\.1:\d+\n/)]);
    await world.redis.client.set(LOCK, "another", "PX", 60_000);
    expect((await world.cli(argv)).code).toBe(10);
    await world.redis.client.flushall();
    expect((await world.cli(argv)).code).toBe(3);
    expect(hook.calls).toEqual([]);
  });

  it("that fails is a warning, tried again only where that may help", async () => {
    hook.answers = [{ status: 404 }];
    const refused = await world.cli(["purge", "--quiet", "--ping", `${hook.url}/ping/uuid`]);
    expect([refused.code, hook.calls.length]).toEqual([0, 1]);
    expect(refused.stderr).toMatch(/^warning: could not ping 127\.0\.0\.1:\d+: HTTP 404\n$/);
    hook.answers = [{ status: 502 }, { status: 200 }];
    const again = await world.cli(["purge", "--quiet", "--ping", `${hook.url}/ping/uuid`]);
    expect([again.code, again.stderr, hook.calls.length]).toEqual([0, "", 3]);
  });

  it("that is no URL is a usage error, and nothing is removed", async () => {
    const ended = await world.cli(["purge", "--ping", "hc-ping.com/uuid-uuid"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^error: --ping: "\*\*\*" is not an http or https URL/);
    expect(await world.redis.client.llen("mina:openid:o1")).toBe(2);
  });
});

describe("--textfile-metrics", () => {
  const metric = (path: string, name: string) =>
    onlyValue(parseExposition(readFileSync(path, "utf8")), `push_cli_purge_${name}`);

  it("says what the document says, and when", async () => {
    const path = join(dir, "purge.prom");
    const before = Date.now() / 1000;
    const ended = await world.cli(["purge", "--json", "--textfile-metrics", path]);
    const document = ended.json<Record<string, number>>();
    expect(metric(path, "pools_scanned")).toBe(document.poolsScanned);
    expect(metric(path, "pools_changed")).toBe(1);
    expect(metric(path, "expired_removed")).toBe(1);
    expect(metric(path, "unreadable_kept")).toBe(1);
    expect(metric(path, "complete")).toBe(1);
    expect(metric(path, "duration_seconds")).toBe((document.durationMs ?? 0) / 1000);
    expect(metric(path, "last_run_timestamp_seconds")).toBeGreaterThanOrEqual(before);
    expect(metric(path, "last_success_timestamp_seconds")).toBe(metric(path, "last_run_timestamp_seconds"));
    expect(parseExposition(readFileSync(path, "utf8"))[0]?.labels).toEqual({ channel: "wechat-template" });
  });

  it("of a purge that failed keep the time of the last success", async () => {
    const path = join(dir, "failed.prom");
    const argv = ["purge", "--textfile-metrics", path];
    await world.redis.client.set(LOCK, "another", "PX", 60_000);
    expect((await world.cli(argv)).code).toBe(10);
    expect(metric(path, "last_success_timestamp_seconds")).toBeUndefined();
    await world.redis.client.del(LOCK);
    expect((await world.cli(argv)).code).toBe(0);
    const success = metric(path, "last_success_timestamp_seconds");
    await world.redis.client.set(LOCK, "another", "PX", 60_000);
    expect((await world.cli(argv)).code).toBe(10);
    expect(metric(path, "last_success_timestamp_seconds")).toBe(success);
    expect(metric(path, "last_run_timestamp_seconds")).toBeGreaterThan(success ?? 0);
    expect([metric(path, "complete"), metric(path, "pools_scanned")]).toEqual([0, 0]);
  });

  it("are refused before anything is removed, and not written by a dry run", async () => {
    const refused = await world.cli(["purge", "--textfile-metrics", join(dir, "purge.txt")]);
    expect([refused.code, await world.redis.client.llen("mina:openid:o1")]).toEqual([2, 2]);
    const path = join(dir, "dry.prom");
    expect((await world.cli(["purge", "--dry-run", "--textfile-metrics", path])).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
