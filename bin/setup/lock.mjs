import fs from "node:fs";
import os from "node:os";
import { cleaningUp, isAlive, say, sleep } from "./run.mjs";

const BEAT_MS = 2_000;
/** Used for a holder on another host (a container with this folder mounted), whose pid is meaningless here. */
const STALE_MS = 60_000;

/**
 * Runs `action` while no other process holds the lock at `file`; waits for them. The lock is a dangling symbolic link:
 * it is created together with its content, the holder. A lock left behind by a killed process is taken over.
 */
export async function withLock(file, action) {
  for (let said = false; !tryLock(file); await sleep(200)) {
    const holder = readHolder(file);
    if (holder && isStale(file, holder)) removeStale(file);
    else if (holder && !said) {
      say(`waiting for another set-up (${holder}) to finish; ${file} is its lock`);
      said = true;
    }
  }
  const beat = setInterval(() => fs.lutimesSync(file, new Date(), new Date()), BEAT_MS);
  const unlock = () => {
    clearInterval(beat);
    fs.rmSync(file, { force: true });
  };
  return await cleaningUp(unlock, action);
}

/** Whether a process holds the lock, or died holding it. */
export function isLocked(file) {
  return readHolder(file) !== undefined;
}

function tryLock(file) {
  try {
    fs.symlinkSync(`${os.hostname()}:${process.pid}`, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file) {
  try {
    return fs.readlinkSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isStale(file, holder) {
  const split = holder.lastIndexOf(":");
  const isLocal = holder.slice(0, split) === os.hostname();
  if (isLocal) return !isAlive(Number(holder.slice(split + 1)));
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
}

/** Only one waiter at a time, which checks again: otherwise the second one would remove the lock of the first. */
function removeStale(file) {
  const guard = `${file}.removing`;
  try {
    fs.mkdirSync(guard);
  } catch (error) {
    if (error.code === "EEXIST") return;
    throw error;
  }
  const holder = readHolder(file);
  if (holder && isStale(file, holder)) fs.rmSync(file, { force: true });
  fs.rmdirSync(guard);
}
