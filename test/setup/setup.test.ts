import { existsSync, lstatSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { makeClone, REDIS } from "./clone.ts";

const CI = "npm ci --include=dev --no-audit --no-fund";
const BUILD = "npm run build";
const NOBODY = 65_534;
const NO_PID = 2 ** 22 + 1; // above the kernel's highest

const npmCalls = (calls: string[]) => calls.filter((call) => call.startsWith("npm"));
const lockOf = (root: string) => path.join(root, ".setup.lock");

describe("npm packages and build", () => {
  it("installs and builds on a first run, and keeps stdout for data", async () => {
    const clone = makeClone();
    const { code, stdout, stderr } = await clone.start().done;
    expect(stderr).toBe("setup: installing npm packages ...\nsetup: building dist ...\n");
    expect([code, stdout]).toEqual([0, ""]);
    expect(npmCalls(clone.takeCalls())).toEqual([CI, BUILD]);
    expect(lstatSync(path.join(clone.root, "dist/push-cli.js")).mode & 0o111).toBe(0o111);
  });

  it("does nothing and prints nothing on a second run", async () => {
    const clone = makeClone();
    await clone.start().done;
    clone.takeCalls();
    expect(await clone.start().done).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(npmCalls(clone.takeCalls())).toEqual([]);
  });

  it.each([
    ["another package-lock.json", "package-lock.json", [CI, BUILD]],
    ["another package.json", "package.json", [BUILD]],
    ["a changed source", "src/deep/a.ts", [BUILD]],
    ["a new source", "src/deep/er/b.lua", [BUILD]],
    ["a changed entry file", "bin/push-cli.ts", [BUILD]],
    ["a changed test", "test/a.test.ts", []],
  ])("does again what %s asks for", async (_, file, expected) => {
    const clone = makeClone();
    await clone.start().done;
    clone.takeCalls();
    clone.write(file, '{"engines":{"node":">=20"},"changed":true}');
    await clone.start().done;
    expect(npmCalls(clone.takeCalls())).toEqual(expected);
  });

  it.each([
    ["dist", [BUILD]],
    ["node_modules", [CI, BUILD]],
  ])("restores %s after it was deleted", async (folder, expected) => {
    const clone = makeClone();
    await clone.start().done;
    clone.takeCalls();
    rmSync(path.join(clone.root, folder), { recursive: true });
    await clone.start().done;
    expect(npmCalls(clone.takeCalls())).toEqual(expected);
  });

  it("builds again when a source was renamed", async () => {
    const clone = makeClone();
    await clone.start().done;
    clone.takeCalls();
    renameSync(path.join(clone.root, "src/deep/a.ts"), path.join(clone.root, "src/deep/b.ts"));
    await clone.start().done;
    expect(npmCalls(clone.takeCalls())).toEqual([BUILD]);
  });

  it("leaves nothing of older builds in dist", async () => {
    const clone = makeClone();
    clone.write("dist/chunks/old.js", "");
    await clone.start().done;
    expect(readdirSync(path.join(clone.root, "dist"))).toEqual(["push-cli.js"]);
  });

  it("shows what npm printed when it fails, and tries again next time", async () => {
    const clone = makeClone();
    clone.addTool("npm", 'echo "to stdout"; echo "npm error code E404" >&2; exit 1');
    const { code, stderr } = await clone.start().done;
    expect(code).toBe(1);
    expect(stderr).toContain("to stdout\nnpm error code E404\n");
    expect(stderr).toContain(`setup: failed: ${CI}\n`);
    clone.takeCalls();
    await clone.start().done;
    expect(npmCalls(clone.takeCalls())).toEqual([CI]);
  });

  it("says when there is no npm", async () => {
    const clone = makeClone();
    rmSync(path.join(path.dirname(clone.root), "tools/npm"));
    const { code, stderr } = await clone.start().done;
    expect(code).toBe(1);
    expect(stderr).toContain("ENOENT");
  });
});

describe("two at once", () => {
  it("lets one do the work and the other wait for it", async () => {
    const clone = makeClone();
    const hold = path.join(clone.root, "hold");
    const runs = [1, 2, 3].map(() => clone.start({ env: { HOLD: hold } }));
    const waiting = runs.map(
      ({ child }) =>
        new Promise<void>((resolve) => child.stderr?.on("data", (part) => /waiting/.test(part) && resolve())),
    );
    // Until two of the three wait.
    await Promise.any([waiting[0], waiting[1]]);
    await Promise.any([waiting[1], waiting[2]]);
    await Promise.any([waiting[0], waiting[2]]);
    clone.write("hold", "");
    const results = await Promise.all(runs.map(({ done }) => done));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(npmCalls(clone.takeCalls())).toEqual([CI, BUILD]);
  });

  it("takes over from one that was killed, once", async () => {
    const clone = makeClone();
    symlinkSync(`${os.hostname()}:${NO_PID}`, lockOf(clone.root));
    const results = await Promise.all([1, 2, 3].map(() => clone.start().done));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(npmCalls(clone.takeCalls())).toEqual([CI, BUILD]);
    expect(lstatSync(lockOf(clone.root), { throwIfNoEntry: false })).toBeUndefined();
  });

  it("waits for a set-up that is at work although all looks done", async () => {
    const clone = makeClone();
    await clone.start().done;
    symlinkSync(`${os.hostname()}:${process.pid}`, lockOf(clone.root));
    const run = clone.start();
    await new Promise((resolve) => run.child.stderr?.once("data", resolve));
    expect(run.child.exitCode).toBeNull();
    rmSync(lockOf(clone.root));
    expect((await run.done).code).toBe(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("on %s ends npm, unlocks and exits %i", async (signal, expected) => {
    const clone = makeClone();
    clone.addTool("npm", `echo $$ > pid; exec sleep 30`);
    const run = clone.start();
    while (!existsSync(path.join(clone.root, "pid"))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lstatSync(lockOf(clone.root)).isSymbolicLink()).toBe(true);
    run.child.kill(signal);
    expect((await run.done).code).toBe(expected);
    expect(lstatSync(lockOf(clone.root), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("node and redis-server", () => {
  it("asks for a newer Node before anything else", async () => {
    const clone = makeClone();
    clone.write("package.json", JSON.stringify({ engines: { node: ">=99.1" } }));
    const { code, stderr } = await clone.start().done;
    expect([code, stderr]).toEqual([
      1,
      `setup: Node 99.1 or newer is needed; this is Node ${process.versions.node}\n`,
    ]);
    expect(clone.takeCalls()).toEqual([]);
  });

  it("takes a valkey-server, too", async () => {
    const clone = withoutRedis();
    clone.addTool(
      "valkey-server",
      'echo "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"',
    );
    expect((await clone.start().done).code).toBe(0);
  });

  it("asks for a newer redis-server than 6.0 and leaves it alone", async () => {
    const clone = makeClone();
    clone.addTool("redis-server", 'echo "Redis server v=6.0.16 sha=00000000:0"');
    clone.addTool("apt-get", "exit 1");
    const { code, stderr } = await clone.start().done;
    expect([code, stderr]).toEqual([
      1,
      "setup: redis-server is version 6.0.16; 6.2 or newer is needed on PATH\n",
    ]);
    expect(clone.takeCalls().every((call) => call.startsWith("redis-server"))).toBe(true);
  });

  it("says what to install where there is no package manager", async () => {
    const { code, stderr } = await withoutRedis().start().done;
    expect(code).toBe(1);
    expect(stderr).toBe(
      "setup: there is no redis-server or valkey-server on PATH; install version 6.2 or newer of one of them\n",
    );
  });

  it("gives a user without root the command to run, and runs nothing", async (context) => {
    const clone = withoutRedis();
    clone.addTool("apt-get", "exit 1");
    clone.addTool("sudo", "exit 1");
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await clone.giveTo(NOBODY);
    const { code, stderr } = await clone.start(isRoot ? { uid: NOBODY } : {}).done.catch((error) => {
      return context.skip(`this Node can't be run by another user (${error.code})`);
    });
    expect(code).toBe(1);
    expect(stderr.split("\n").slice(1)).toEqual([
      "  sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server",
      "",
    ]);
    expect(clone.takeCalls()).toEqual([]);
  });

  // Each of the two runs for the user that it is for; both go the same way from there.
  const manager = process.getuid?.() === 0 ? "apk" : "brew";
  it("installs by the package manager, and goes on", async () => {
    const clone = withoutRedis();
    clone.addTool(
      manager,
      `printf '#!/bin/sh\\n%s\\n' '${REDIS}' > "$TOOLS/redis-server"; chmod +x "$TOOLS/redis-server"`,
    );
    const { code, stderr } = await clone.start().done;
    expect(stderr.split("\n")[0]).toBe(`setup: installing redis-server by ${manager} ...`);
    expect(code).toBe(0);
    expect(clone.takeCalls()).toEqual([expect.stringContaining(`${manager} `), CI, BUILD]);
  });

  it("does not believe a package manager that brings no redis-server", async () => {
    const clone = withoutRedis();
    clone.addTool(manager, "exit 0");
    const { code, stderr } = await clone.start().done;
    expect(code).toBe(1);
    expect(stderr).toContain(`setup: ${manager} did not provide redis-server 6.2 or newer on PATH`);
  });

  it("shows what the package manager printed when it fails", async () => {
    const clone = withoutRedis();
    clone.addTool(manager, 'echo "no such package $*"; exit 1');
    const { code, stderr } = await clone.start().done;
    expect(code).toBe(1);
    expect(stderr).toMatch(/no such package .*redis\n/);
    expect(npmCalls(clone.takeCalls())).toEqual([]);
  });
});

function withoutRedis() {
  const clone = makeClone();
  rmSync(path.join(path.dirname(clone.root), "tools/redis-server"));
  return clone;
}
