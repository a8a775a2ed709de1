import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { isAlive } from "./processes.ts";

/** A process that starts a private Redis, prints where it is, and then does `next`. */
async function startOwner(
  dir: string,
  next: string,
): Promise<{ owner: ChildProcess; pid: number; folder: string }> {
  const source = new URL("../../src/local-redis/private-redis.ts", import.meta.url).pathname;
  const contents = `import { startPrivateRedis } from ${JSON.stringify(source)};
    const redis = await startPrivateRedis();
    process.stdout.write(JSON.stringify({ pid: redis.pid, folder: redis.dir }) + "\\n", () => { ${next} });`;
  const outfile = join(dir, "owner.mjs");
  buildSync({ stdin: { contents, resolveDir: dir }, bundle: true, platform: "node", format: "esm", outfile });
  const owner = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) =>
    owner.stdout?.once("data", (data) => resolve(String(data))),
  );
  return { owner, ...JSON.parse(line) };
}

test.each([
  ["ends by itself", "", undefined],
  ["exits in the middle", "setInterval(() => {}, 1000); process.exit(1)", undefined],
  ["is terminated", "setInterval(() => {}, 1000)", "SIGTERM"],
  ["is killed", "setInterval(() => {}, 1000)", "SIGKILL"],
] as const)("the server and its folder go when its owner %s", async (_name, next, signal) => {
  const dir = mkdtempSync(join(tmpdir(), "push-cli-owner-"));
  const { owner, pid, folder } = await startOwner(dir, next);
  if (signal !== undefined) owner.kill(signal);
  await expect.poll(() => isAlive(pid)).toBe(false);
  await expect.poll(() => existsSync(folder)).toBe(false);
  rmSync(dir, { recursive: true });
});
