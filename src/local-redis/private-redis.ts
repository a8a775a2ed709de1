import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PushCliError } from "../errors.ts";
import { findFreePort } from "./free-port.ts";
import { launchRedis, PortLostError, type RedisLaunch, type RedisProcess } from "./redis-process.ts";
import { findRedisProgram } from "./redis-program.ts";

const PORT_TRIES = 5;

/** A private Redis: on a free port of 127.0.0.1, in a temporary folder, and gone when our process ends. */
export interface PrivateRedis {
  /** Including the password, if there is one. */
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Changes with a restart. */
  readonly pid: number;
  /** SIGTERM, wait, remove the folder. May be called repeatedly. */
  stop(): Promise<void>;
  /** SIGKILL, wait, keep the folder. */
  kill(): Promise<void>;
  /**
   * On the same port and in the same folder; stops the process first if it is running. Not allowed after `stop`.
   */
  restart(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** Additional arguments of redis-server; they override ours. */
  args?: string[];
  /** Every write is on disk before it is acknowledged, so that `kill` loses nothing. */
  persistent?: boolean;
  password?: string;
  /** The port to listen on; for tests of the retry when a port is lost. */
  findPort?: () => Promise<number>;
}

/**
 * Starts a private Redis. Rejects with a PushCliError when Redis is not installed, is older than 6.2, or does
 * not start.
 */
export async function startPrivateRedis(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const program = await findRedisProgram();
  const dir = mkdtempSync(join(tmpdir(), "push-cli-redis-"));
  try {
    return manage(await launchOnFreePort(program, dir, options));
  } catch (error) {
    removeDir(dir);
    throw error;
  }
}

interface Launched {
  launch: RedisLaunch;
  redis: RedisProcess;
}

async function launchOnFreePort(
  program: string,
  dir: string,
  options: PrivateRedisOptions,
): Promise<Launched> {
  const { findPort = findFreePort, password } = options;
  for (let tries = 1; ; tries += 1) {
    const port = await findPort();
    const launch = { program, args: planArgs(port, dir, options), port, dir, password };
    try {
      return { launch, redis: await launchRedis(launch) };
    } catch (error) {
      if (!(error instanceof PortLostError) || tries === PORT_TRIES) throw error;
    }
  }
}

function planArgs(port: number, dir: string, options: PrivateRedisOptions): string[] {
  const durable = options.persistent
    ? ["--appendonly", "yes", "--appendfsync", "always"]
    : ["--appendonly", "no"];
  return [
    ...(options.password === undefined ? [] : [writeConfig(dir, options.password)]),
    ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", ...durable],
    ...["--dir", dir, "--daemonize", "no", "--loglevel", "warning"],
    ...(options.args ?? []),
  ];
}

/** A file, because arguments are visible to everyone on the machine. */
function writeConfig(dir: string, password: string): string {
  const file = join(dir, "redis.conf");
  writeFileSync(file, `requirepass ${JSON.stringify(password)}\n`, { mode: 0o600 });
  return file;
}

function manage({ launch, redis }: Launched): PrivateRedis {
  const { port, dir, password } = launch;
  let current = redis;
  const forget = cleanUpAtExit(() => {
    current.killNow();
    removeDir(dir);
  });
  return {
    url: `redis://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return current.pid;
    },
    kill: () => current.end("SIGKILL"),
    async stop() {
      await current.end("SIGTERM");
      removeDir(dir);
      forget();
    },
    async restart() {
      if (!existsSync(dir))
        throw new PushCliError("redis", `the Redis of "${dir}" was stopped and its folder removed`);
      await current.end("SIGTERM");
      current = await launchRedis(launch);
    },
  };
}

const cleanups = new Set<() => void>();

/** One hook for all, because Node warns about more than ten. Returns a function that removes the cleanup. */
function cleanUpAtExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) process.once("exit", runCleanups);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) process.off("exit", runCleanups);
  };
}

function runCleanups(): void {
  for (const cleanup of cleanups) cleanup();
}

function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
