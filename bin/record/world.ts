import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { type SandboxStats, startSandbox } from "../../src/sandbox/sandbox.ts";

const USERS = 800;
const DAY_MS = 86_400_000;
/** With a broadcast's initial concurrency, all users take some three seconds. */
const LATENCY_MS = 200;

export interface RecordedWorld {
  /** A private folder, removed afterwards. */
  readonly folder: string;
  /** Makes the program use only this Redis and this API. */
  readonly env: Record<string, string>;
  /** Puts one to three valid codes into the pool of each user. */
  fillPools(): Promise<void>;
  stats(): SandboxStats;
  close(): Promise<void>;
}

/** A private Redis and sandbox, and `program` (a file) as `push-cli` on PATH. */
export async function startWorld(program: string): Promise<RecordedWorld> {
  const redis = await startPrivateRedis();
  const sandbox = await startSandbox({ acceptAny: true, latencyMs: LATENCY_MS });
  const bin = path.join(redis.dir, "bin");
  mkdirSync(bin);
  const command = path.join(bin, "push-cli");
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: redis.dir,
    XDG_CONFIG_HOME: redis.dir,
    TZ: "UTC",
    PUSH_CLI_REDIS_URL: redis.url,
    PUSH_CLI_API_BASE: sandbox.url,
    PUSH_CLI_PROXY: "none",
    PUSH_CLI_APPID: "wx-sandbox",
    PUSH_CLI_APPSECRET: "sandbox-secret",
  };
  return {
    folder: redis.dir,
    env,
    fillPools: async () => {
      const child = spawn(command, ["pool", "import", "--quiet"], {
        env,
        cwd: redis.dir,
        stdio: ["pipe", "ignore", "inherit"],
      });
      child.stdin.end(codesOf(Date.now()).join("\n"));
      const [code] = await once(child, "close");
      if (code !== 0) throw new Error(`pool import ended with exit code ${code}`);
    },
    stats: () => sandbox.stats(),
    close: async () => {
      await sandbox.close();
      await redis.stop();
    },
  };
}

/** Lines for `pool import`: openId, formId, expiry in epoch ms. */
function codesOf(nowMs: number): string[] {
  return Array.from({ length: USERS }, (_, i) => {
    const openId = `oR5Xk0Fq7mVtB2sLw9HcJd3Ny${String(i).padStart(3, "0")}`;
    return Array.from({ length: 1 + (i % 3) }, (_, n) => {
      return `${openId},f${i}x${n},${nowMs + (1 + ((i + 2 * n) % 6)) * DAY_MS}`;
    });
  }).flat();
}
