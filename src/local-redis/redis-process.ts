import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PushCliError } from "../errors.ts";
import { isServing } from "./redis-probe.ts";
import { startWatchdog } from "./watchdog.ts";

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 2_000;
const POLL_MS = 10;
const PORT_LOST = /Address already in use|port number too high/i;

export interface RedisLaunch {
  program: string;
  args: readonly string[];
  port: number;
  dir: string;
  password?: string | undefined;
}

/** One redis-server process, from its start until it has ended. */
export interface RedisProcess {
  readonly pid: number;
  /** SIGKILL without waiting, for the last moment of our own process. */
  killNow(): void;
  /** Sends the signal and resolves when the process has ended; if a SIGTERM has no effect, a SIGKILL follows. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** The port was taken between finding it and binding it. */
export class PortLostError extends PushCliError {}

/** Starts Redis and waits until it serves commands. Rejects with a PushCliError that quotes the server's log. */
export async function launchRedis(launch: RedisLaunch): Promise<RedisProcess> {
  const logFile = join(launch.dir, "redis.log");
  const child = await spawnLogged(launch, logFile);
  const pid = child.pid as number;
  const watchdog = startWatchdog(pid, launch.dir);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      watchdog.dismiss();
      resolve();
    });
  });
  const redis: RedisProcess = {
    pid,
    killNow: () => child.kill("SIGKILL"),
    end: (signal) => end(child, gone, signal),
  };
  const target = { port: launch.port, pid, password: launch.password };
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!isGone(child) && performance.now() < deadline) {
    const serving = await Promise.race([isServing(target), gone.then(() => false)]);
    if (serving && !isGone(child)) return released(child, redis);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await redis.end("SIGKILL");
  throw startError(launch, readFileSync(logFile, "utf8"));
}

/** Makes sure that it does not keep our process alive. */
function released(child: ChildProcess, redis: RedisProcess): RedisProcess {
  child.unref();
  return redis;
}

/** The log also receives what the server prints before it has read its settings. */
function spawnLogged(launch: RedisLaunch, logFile: string): Promise<ChildProcess> {
  const log = openSync(logFile, "w", 0o600);
  // A session of its own: a Ctrl-C is for the broadcast, which still has to settle what it sent in this very Redis.
  const child = spawn(launch.program, launch.args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", reject);
  });
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, gone: Promise<void>, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (isGone(child)) return;
  child.ref();
  child.kill(signal);
  // A server that is stopped or busy in a script does not react to SIGTERM.
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}

function startError({ program, port }: RedisLaunch, log: string): PushCliError {
  const lines = log.trim().split("\n").slice(-5).join(" | ");
  const message = `${program} did not start on port ${port}: ${lines || "it wrote no log"}`;
  return PORT_LOST.test(log) ? new PortLostError("redis", message) : new PushCliError("redis", message);
}
