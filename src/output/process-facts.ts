import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Fate, ProcessFacts } from "../broadcast/record.ts";

let own: ProcessFacts | undefined;

/** This process, with what Linux says of it (proc(5)); elsewhere, host and pid are all there is. */
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
 * What became of a process. A pid says something only within one boot of one machine and one pid namespace, so whatever
 * of that is not known or differs makes the answer `unknown`.
 */
export function fateOf({ host, pid, bootId, namespaces, startTicks }: ProcessFacts): Fate {
  const here = ownFacts();
  if (host !== here.host || bootId === undefined || bootId !== here.bootId) return "unknown";
  if (namespaces === undefined || namespaces !== here.namespaces || startTicks === undefined)
    return "unknown";
  // Asked first: where /proc is mounted with hidepid, the files of another user's process seem not to be there.
  if (!isThere(pid)) return "gone";
  const stat = statOf(pid);
  if (!stat) return "unknown";
  return stat.startTicks === startTicks && !stat.isDead ? "alive" : "gone";
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Where pids and start times count from: of two time namespaces, each may have an offset of its own (time_namespaces(7)). */
function ownNamespaces(): string | undefined {
  const pids = readLink("/proc/self/ns/pid");
  return pids && [pids, readLink("/proc/self/ns/time") ?? ""].join(" ").trim();
}

/** Fields 3 and 22 of /proc/<pid>/stat. Field 2, the program's name, is in parentheses and may hold blanks and parentheses. */
function statOf(pid: number): { startTicks: string; isDead: boolean } | undefined {
  const text = read(`/proc/${pid}/stat`);
  const [state, ...fields] = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
  const startTicks = fields[18];
  // A zombie has ended, and waits for its parent to ask how.
  return startTicks === undefined ? undefined : { startTicks, isDead: state === "Z" || state === "X" };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined; // not Linux, or a /proc that does not show it
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
 * How many more files, connections among them, this process may open, by Linux' own account: the soft limit, which Node has
 * raised to the hard one at its start, less what is open. Undefined where that is not known.
 */
export function freeFiles(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit) - readdirSync("/proc/self/fd").length;
  } catch {
    return undefined; // no Linux, or no /proc
  }
}
