import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { readPage } from "../help/pages.ts";
import { findBuiltProgram } from "../helpers/built-program.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "push-cli-way-"));
  addCommand("push-cli", `"${process.execPath}" "${findBuiltProgram()}"`);
});

function addCommand(name: string, command: string): void {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
}

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the lines call besides push-cli and redis-server. */
const TOOLS = ["bash", "curl", "openssl", "redis-server"];
const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);

it.skipIf(missing.length > 0)(
  "the manual's way from the phone to the message works as it is written",
  async () => {
    const ports = [await findFreePort(), await findFreePort(), await findFreePort()] as const;
    // Ends what it has begun, however it ends.
    const stats = `curl -s http://127.0.0.1:${ports[1]}/sandbox/stats`;
    const script = `trap '${stats}; kill $(jobs -p); wait' EXIT\n${await readScript(ports)}`;
    const { code, stdout, stderr } = await runScript(script);
    // That of the last broadcast.
    expect(code, stderr).toBe(3);
    // The collector's answers to the phone.
    expect(stdout).toContain('"fate":"known","reason":"paired"');
    expect(stdout, "one consent in the pool").toMatch(/^oAlice0+\t\S+\t1\t0\t/m);
    expect(stdout).toMatch(/^outcomes\.sent\t1$/m);
    expect(stderr, "nobody is left for the second").toContain("error: no consents found under");
    const { subscribe } = JSON.parse(stdout.slice(stdout.lastIndexOf('{"delivered":1,"maxPerUser":1,')));
    expect(subscribe).toMatchObject({ delivered: 1, consents: { granted: 1, used: 1, left: 0 } });
  },
  120_000,
);

/** The lines of the page, with ports that are free here. */
async function readScript(ports: readonly [number, number, number]): Promise<string> {
  const [, block] =
    /## From the phone to the message\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readPage("client")) ?? [];
  if (block === undefined) throw new Error("the page has no such example");
  const [redis, sandbox, collector] = ports.map(String);
  return block.replaceAll("6390", redis!).replaceAll("8077", sandbox!).replaceAll("8787", collector!);
}

async function runScript(script: string) {
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, NO_COLOR: "1" };
  const child = spawn("bash", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    texts.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    texts.stderr += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}
