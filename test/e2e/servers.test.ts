import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TEMPLATES } from "../sandbox/api.ts";
import { SUCCESS, withReceiver } from "../sandbox/wechat/receiver.ts";
import { type RunOptions, useBuiltCli } from "./built-cli.ts";
import { processesWith } from "./processes.ts";

const cli = useBuiltCli();

describe("the built sandbox command", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("serves, counts, and ends by %s with %d", async (signal, code) => {
    const server = cli.start(["sandbox", "--accept-any"]);
    await server.shows(/^http:\S+\n[\s\S]*counters: /);
    const url = server.stdout.trim();
    const stats = await (await fetch(`${url}/sandbox/stats`)).json();
    expect(stats).toMatchObject({ delivered: 0, requests: 0 });
    expect(server.stderr).toContain("secret sandbox-secret");
    server.child.kill(signal);
    expect(await server.done).toMatchObject({ code, stdout: `${url}\n` });
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("takes a port, faults and a latency, and says as JSON where it is", async () => {
    const first = cli.start(["sandbox", "--json", "--quiet", "--fault", "busy:100", "--latency", "20"]);
    await first.shows(/\}\n/);
    const { url, stats } = JSON.parse(first.stdout) as { url: string; stats: string };
    expect(await (await fetch(stats)).json()).toMatchObject({ faults: {} });
    const port = new URL(url).port;
    const second = await cli.run(["sandbox", "--port", port]);
    expect(second.code).not.toBe(0);
    expect(second.stderr).toMatch(new RegExp(`^error: .*${port}.*in use\nhint: `));
    first.child.kill("SIGINT");
    expect(await first.done).toMatchObject({ code: 130, stderr: "" });
  });
});

describe("the built sandbox with a callback", () => {
  it("posts what users choose, as the options say", async () => {
    await withReceiver(SUCCESS, async ({ url, wait }) => {
      const options = ["--callback-token", "t", "--callback-format", "xml", "--callback-delay", "1ms"];
      const key = ["--callback-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
      const server = cli.start(["sandbox", "--callback", url, ...options, ...key, "--overlap"]);
      await server.shows(/^http:\S+\n[\s\S]*counters: /);
      const body = JSON.stringify({ openId: "oAlice", templates: { [TEMPLATES.activity]: "accept" } });
      await fetch(`${server.stdout.trim()}/sandbox/prompt`, { method: "POST", body });
      const [post] = await wait(1);
      expect(post?.body).toMatch(/^<xml><ToUserName>.*<Encrypt>/);
      const [timestamp, nonce] = ["timestamp", "nonce"].map((name) => post?.query.get(name) ?? "");
      const signed = createHash("sha1").update(["t", timestamp, nonce].sort().join(""));
      expect(post?.query.get("signature")).toBe(signed.digest("hex"));
      server.child.kill("SIGINT");
      expect(await server.done).toMatchObject({ code: 130 });
    });
  });
});

/** A folder for temporary files, to see what is left in it. */
async function withFolder(name: string, work: (folder: string, options: RunOptions) => Promise<void>) {
  const folder = join(cli.folder, name);
  await mkdir(folder);
  await work(folder, { env: { TMPDIR: folder } });
  expect(readdirSync(folder)).toEqual([]);
  expect(processesWith(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
}

describe("the built demo command", () => {
  it("shows everything and leaves nothing behind", async () => {
    await withFolder("demo", async (_, options) => {
      const { code, stdout, stderr } = await cli.run(["demo"], options);
      expect(code).toBe(0);
      for (const verb of ["pool show", "pool list", "purge", "token refresh", "broadcast"]) {
        expect(stderr).toContain(`\n$ push-cli ${verb}`);
      }
      expect(stdout).toContain("outcomes.sent\t800\n");
      for (const verb of ["pool import", "template list", "pool stats"])
        expect(stderr).toContain(`\n$ push-cli ${verb} --channel wechat-subscribe\n`);
      expect(stdout).toContain("outcomes.sent\t5\n");
      expect(stdout).toMatch(/"event":"started".*"\/login"/);
      expect(stdout).toContain('"reason":"mock"}],"taken":2,"known":0,"refused":1}\n');
      expect(stdout).toContain('"reason":"mock"}],"taken":0,"known":2,"refused":1}\n');
      expect(stdout).toContain('"event":"stopped"');
      expect(stdout).toMatch(/valid\ttap0001\t/);
      expect(stderr).toContain("800 messages to 800 users, none twice; and 5 subscribe messages");
    });
  });

  it("with --json is one document of all that its commands printed", async () => {
    await withFolder("demo-json", async (_, options) => {
      const { code, stdout } = await cli.run(["demo", "--json"], options);
      expect(code).toBe(0);
      const { steps, ...records } = JSON.parse(stdout);
      expect(records).toMatchObject({
        delivered: 800,
        deliveredTo: 800,
        maxPerUser: 1,
        subscribeDelivered: 5,
      });
      const told = steps.map(({ argv: [noun, verb] }: { argv: string[] }) => `${noun} ${verb}`);
      for (const command of ["pool list", "broadcast show", "broadcast resume", "template list"])
        expect(told).toContain(command);
      // The one that is killed, and no other, says nothing.
      expect(steps.filter(({ exitCode }: { exitCode: number | null }) => exitCode !== 0)).toHaveLength(1);
      for (const { exitCode, documents } of steps) expect(documents.length > 0).toBe(exitCode === 0);
    });
  });

  it("touches neither the settings around it nor the Redis they lead to", async () => {
    await withFolder("elsewhere", async (_, { env }) => {
      const elsewhere = { PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1", PUSH_CLI_POOL_PREFIX: "other:" };
      expect(await cli.run(["demo"], { env: { ...env, ...elsewhere } })).toMatchObject({ code: 0 });
    });
  });

  it.each([
    ["at its start", /\$ push-cli pool show/],
    ["while it broadcasts", /\$ push-cli broadcast \S+ .* --yes\n/],
    ["while it resumes", /\nbroadcast demo\n/],
  ])("cleans up after Ctrl-C %s", async (when, sight) => {
    await withFolder(when, async (folder, options) => {
      const demo = cli.start(["demo"], options);
      await demo.shows(sight);
      expect(readdirSync(folder)).toHaveLength(1);
      demo.child.kill("SIGINT");
      const { code, stderr } = await demo.done;
      expect(code).toBe(130);
      expect(stderr).not.toContain("error:");
    });
  });
});
