import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Fate, ProcessFacts } from "../broadcast/record.ts";

let own: ProcessFacts | undefined;

/** This process, with facts from Linux (proc(5)); on other systems, only host and pid are known. */
export function ownFacts(): ProcessFacts {
  own ??= {
    host: hostname(),
    pid: process.pid,
    bootId: read("/proc/sys/kernel/random/boot_id"),
    namespaces: ownNamespaces(),
    startTicks: statOf(process.pid)?.startTicks,
  };
  return own;
}

/**
 * Whether a process still exists. A pid is only meaningful within one boot of one machine and one pid namespace, so if any of
 * these is unknown or differs, the answer is `unknown`.
 */
export function fateOf({ host, pid, bootId, namespaces, startTicks }: ProcessFacts): Fate {
  const here = ownFacts();
  if (host !== here.host || bootId === undefined || bootId !== here.bootId) return "unknown";
  if (namespaces === undefined || namespaces !== here.namespaces || startTicks === undefined)
    return "unknown";
  // Checked first: if /proc is mounted with hidepid, the files of another user's process seem not to exist.
  if (!isThere(pid)) return "gone";
  const stat = statOf(pid);
  if (!stat) return "unknown";
  return stat.startTicks === startTicks && !stat.isDead ? "alive" : "gone";
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** The reference for pids and start times: each time namespace may have its own offset (time_namespaces(7)). */
function ownNamespaces(): string | undefined {
  const pids = readLink("/proc/self/ns/pid");
  return pids && [pids, readLink("/proc/self/ns/time") ?? ""].join(" ").trim();
}

/**
 * Fields 3 and 22 of /proc/<pid>/stat. Field 2, the program's name, is in parentheses and may contain spaces and parentheses.
 */
function statOf(pid: number): { startTicks: string; isDead: boolean } | undefined {
  const text = read(`/proc/${pid}/stat`);
  const [state, ...fields] = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
  const startTicks = fields[18];
  // A zombie has ended, and waits for its parent to collect its status.
  return startTicks === undefined ? undefined : { startTicks, isDead: state === "Z" || state === "X" };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined; // not Linux, or a /proc that hides it
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * How many more files, including connections, this process may open according to Linux: the soft limit, which Node has raised
 * to the hard one at its start, minus the open files. Undefined if unknown.
 */
export function freeFiles(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit) - readdirSync("/proc/self/fd").length;
  } catch {
    return undefined; // not Linux, or no /proc
  }
}
