import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { run, runFirst, SetupError, sleep } from "./run.mjs";

const APT_WAIT_SEC = 120;

/**
 * How to get something from the system's package manager: `advice` where none will do it. Else the argument lists of
 * `manager`: `update` (may be absent) and `installs`, of which the first that succeeds is enough; `command` is the same as a
 * shell line, and `needsRoot` tells that this user has to be given that line instead. Of `managers`, the first that is present
 * and fits the user is taken: Homebrew needs no root and refuses it.
 */
export function planInstall({ managers, advice, brew }, { platform, uid, has }) {
  const present = platform === "win32" ? [] : managers.filter((manager) => has(manager.name));
  const manager = present.find((one) => one.asRoot === (uid === 0)) || present[0];
  if (!manager) {
    const where = platform === "win32" ? " (in WSL, where push-cli has to run, too)" : "";
    return { advice: `${advice}${where}` };
  }
  if (uid === 0 && !manager.asRoot) return { advice: `as a user other than root run: ${brew}` };
  const needsRoot = manager.asRoot && uid !== 0;
  const prefix = needsRoot && has("sudo") ? ["sudo"] : [];
  const line = (args) => [...prefix, manager.name, ...args].join(" ");
  const installs = manager.installs.map(line).join(" || ");
  const command = manager.update ? `${line(manager.update)} && ${installs}` : installs;
  return { manager: manager.name, update: manager.update, installs: manager.installs, needsRoot, command };
}

/** The same for this machine. Throws a SetupError with what the user can do where it can't be installed from here. */
export function planHere(wanted, missing) {
  const uid = process.getuid ? process.getuid() : undefined;
  const plan = planInstall(wanted, { platform: process.platform, uid, has: isOnPath });
  if (plan.advice) throw new SetupError(`${missing}; ${plan.advice}`);
  if (plan.needsRoot) {
    throw new SetupError(
      `${missing}, and installing it needs root. Run this, then try again:\n  ${plan.command}`,
    );
  }
  return plan;
}

export async function installByApt(plan) {
  const options = ["-q", "-o", `DPkg::Lock::Timeout=${APT_WAIT_SEC}`];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const installs = plan.installs.map((args) => [...options, ...args]);
  const update = await updateApt([...options, ...plan.update], env);
  await runFirst("apt-get", installs, { env }).catch((error) => {
    // A source that can't be reached fails the update and often does not matter; now it may.
    throw new SetupError(error.message, update.output + error.output);
  });
}

/** apt's own waiting does not cover the lock of its package lists. */
async function updateApt(args, env) {
  for (let waitedSec = 0; ; waitedSec += 2) {
    const update = await run("apt-get", args, { env });
    const isLocked = update.code !== 0 && update.output.includes("Could not get lock");
    if (!isLocked || waitedSec >= APT_WAIT_SEC) return update;
    await sleep(2_000);
  }
}

/** What a program prints about its version; undefined where there is none of that name. */
export function versionOf(command) {
  return isOnPath(command) ? spawnSync(command, ["--version"], { encoding: "utf8" }).stdout || "" : undefined;
}

export function isOnPath(command) {
  return (process.env.PATH || "").split(path.delimiter).some((folder) => {
    if (!folder) return false;
    try {
      fs.accessSync(path.join(folder, command), fs.constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
