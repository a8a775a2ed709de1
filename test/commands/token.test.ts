import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { fakeIo } from "../output/fake-io.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
const KEY = "mina:access_token:wx-sandbox";

interface Shown {
  appid: string;
  token: string;
  expiresAt: string;
  source: "store" | "api";
}

async function token(...argv: string[]): Promise<Shown> {
  const result = await world.cli(["token", ...argv, "--json"]);
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return result.json<Shown>();
}

const calls = () => world.sandbox.stats().tokenCalls;
const stored = () => world.redis.client.get(KEY);

describe("token", () => {
  it("fetches a token once, keeps it where backends look, and lets it lapse before the platform does", async () => {
    const first = await token("refresh");
    expect(first).toMatchObject({ appid: "wx-sandbox", source: "api" });
    expect((await stored())?.startsWith(first.token.slice(0, 6))).toBe(true);
    const ttlMs = await world.redis.client.pttl(KEY);
    expect(ttlMs).toBeGreaterThan(6_000_000);
    expect(ttlMs).toBeLessThan(7_200_000 - 60_000);
    expect(Math.abs(Date.parse(first.expiresAt) - Date.now() - ttlMs)).toBeLessThan(5000);
    expect(await token("refresh")).toMatchObject({ source: "store", token: first.token });
    expect(calls()).toEqual({ stable: 1, basic: 0 });
  });

  it("uses the token that a backend stored, whatever it looks like", async () => {
    await world.redis.client.set(KEY, "token-of-the-backend", "PX", 60_000);
    expect(await token("refresh")).toMatchObject({ source: "store", token: "token-..." });
    expect(await token("show")).toMatchObject({ source: "store", token: "token-..." });
    expect(calls()).toEqual({ stable: 0, basic: 0 });
  });

  it("shows nothing of a token that is too short to be shown in part", async () => {
    await world.redis.client.set(KEY, "short", "PX", 60_000);
    expect((await token("show")).token).toBe("...");
  });

  it("asks for a new one by force only, and by the endpoint that it is told", async () => {
    await token("refresh");
    const before = await stored();
    expect(await token("refresh", "--force", "--yes")).toMatchObject({ source: "api" });
    expect(await stored()).not.toBe(before);
    await token("refresh", "--force", "--yes", "--token-mode", "basic");
    expect(calls()).toEqual({ stable: 2, basic: 1 });
    const byEnv = { PUSH_CLI_TOKEN_MODE: "basic" };
    expect((await world.cli(["token", "refresh", "--force", "--yes"], { env: byEnv })).code).toBe(0);
    expect(calls()).toEqual({ stable: 2, basic: 2 });
  });

  it("says what force does to others, and asks", async () => {
    await token("refresh");
    const before = await stored();
    const ask = (stdin: string, ...flags: string[]) =>
      world.screen(["token", "refresh", "--force", ...flags], { interactive: true, stdin });
    const no = await ask("n\n");
    expect([no.code, no.stdout]).toEqual([11, ""]);
    expect(no.stderr).toContain(
      `appid   wx-sandbox\nAPI     ${world.sandbox.url}, token mode stable\nkey     ${KEY}\nstored  ${before?.slice(0, 6)}..., renewed in 1h 55m\n`,
    );
    expect(no.stderr).toMatch(
      /dies at once[\s\S]*the backend too[\s\S]*40001[\s\S]*20 times a day, at least 30 s/,
    );
    expect(no.stderr).toMatch(
      /Replace the token of wx-sandbox\? \[y\/N\] error: not confirmed; the token was not changed/,
    );
    expect((await ask("n\n", "--token-mode", "basic")).stderr).toMatch(
      /token mode basic\n[\s\S]*good for 5 more minutes[\s\S]*40001/,
    );
    expect([await stored(), calls()]).toEqual([before, { stable: 1, basic: 0 }]);
    const yes = await ask("y\n");
    expect([yes.code, yes.stderr.split("\n").filter((line) => line.length > 80)]).toEqual([0, []]);
    expect(await stored()).not.toBe(before);
    expect(calls()).toEqual({ stable: 2, basic: 0 });
  });

  it("says so when there is nothing to replace, or what is there does not lapse", async () => {
    const ask = () => world.screen(["token", "refresh", "--force"], { interactive: true, stdin: "n\n" });
    expect((await ask()).stderr).toContain("\nstored  nothing\n");
    await world.redis.client.set(KEY, "token-of-the-backend");
    expect((await ask()).stderr).toContain("\nstored  token-..., no expiry: the key has no TTL\n");
    expect(calls()).toEqual({ stable: 0, basic: 0 });
  });

  it("names the way that the platform has: QQ has no stable token", async () => {
    const { stderr } = await world.screen(
      ["token", "refresh", "--force", "--channel", "qq-template", "--api-base", "https://api.q.qq.com"],
      { interactive: true, stdin: "n\n" },
    );
    expect(stderr).toContain("API     https://api.q.qq.com, token mode basic\n");
  });

  it("forces nothing where there is nobody to ask", async () => {
    await token("refresh");
    const before = await stored();
    for (const [flags, why] of [
      [[], "there is no terminal"],
      [["--no-input"], "--no-input is set"],
    ] as const) {
      const { code, stdout, stderr } = await world.cli(["token", "refresh", "--force", ...flags], {
        stdin: "y\n",
      });
      expect([code, stdout]).toEqual([11, ""]);
      expect(stderr).toBe(
        `error: token refresh --force needs confirmation, but ${why}\nhint: use --yes to confirm; without --force, a valid token is kept\n`,
      );
    }
    expect([await stored(), calls()]).toEqual([before, { stable: 1, basic: 0 }]);
  });

  it("forces nothing when the question is answered by Ctrl-C", async () => {
    await token("refresh");
    const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], env: { ...world.env, NO_COLOR: "1" } });
    const done = main(["token", "refresh", "--force"], { ...io, cwd: "/nonexistent" });
    await expect.poll(() => io.stderr.text()).toContain("[y/N]");
    io.signal("SIGINT");
    expect(await done).toBe(130);
    expect(io.stderr.text()).toMatch(/interrupted; the token was not changed\n$/);
    expect(calls()).toEqual({ stable: 1, basic: 0 });
  });

  it("shows what is stored without the secret, and says so when nothing is", async () => {
    const env = { PUSH_CLI_APPSECRET: "" };
    const none = await world.cli(["token", "show"], { env });
    expect(none).toMatchObject({ code: 3, stdout: "" });
    expect(none.stderr).toMatch(
      /^error: no token of wx-sandbox is stored\nhint: to fetch one: push-cli token refresh/,
    );
    await token("refresh");
    expect((await world.cli(["token", "show"], { env })).code).toBe(0);
    expect(calls()).toEqual({ stable: 1, basic: 0 });
  });

  it("takes the stored token even when the API is gone", async () => {
    await token("refresh");
    const gone = { PUSH_CLI_API_BASE: "http://127.0.0.1:1" };
    expect((await world.cli(["token", "refresh"], { env: gone })).code).toBe(0);
    expect((await world.cli(["token", "refresh", "--force", "--yes"], { env: gone })).code).toBe(7);
  });

  it("waits for the process that is at it, and takes its token", async () => {
    await world.redis.client.set("mina:lock:token:wx-sandbox", "somebody", "PX", 400);
    const waiting = token("refresh");
    await world.redis.client.set(KEY, "token-of-the-other", "PX", 60_000);
    expect(await waiting).toMatchObject({ source: "store", token: "token-..." });
    expect(calls()).toEqual({ stable: 0, basic: 0 });
  });

  it("shows a person when it will be renewed", async () => {
    const { stdout } = await world.screen(["token", "refresh"]);
    expect(stdout).toMatch(
      /^appid {4}wx-sandbox\ntoken {4}\S{6}\.\.\.\nrenewed {2}after \S+ \S+ \(in 1h 55m\)\nsource {3}api\nstore {4}push-cli\nkey {6}mina:access_token:wx-sandbox\n$/,
    );
    const { stdout: rows } = await world.cli(["token", "show"]);
    expect(rows).toMatch(
      /^appid\twx-sandbox\ntoken\t\S{6}\.\.\.\nexpiresAt\t\d{4}-\S+Z\nsource\tstore\nstore\tpush-cli\nkey\tmina:access_token:wx-sandbox\n$/,
    );
  });
});
