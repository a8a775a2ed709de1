import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { cleaningUp, isAlive, run, runFirst, SetupError, say, sleep } from "./run.mjs";
import { isOlder } from "./version.mjs";

const OLDEST = "6.2";
const APT_WAIT_SEC = 120;
const POLICY = "/usr/sbin/policy-rc.d";
const MISSING = "there is no redis-server or valkey-server on PATH";

/** The first one that is present and suits the user is used: Homebrew needs no root and refuses it. */
const MANAGERS = [
  { name: "brew", asRoot: false, installs: [["install", "redis"]] },
  {
    name: "apt-get",
    asRoot: true,
    update: ["update"],
    installs: [["install", "-y", "--no-install-recommends", "redis-server"]],
  },
  // Newer systems of these two offer valkey instead of redis.
  { name: "apk", asRoot: true, installs: ["redis", "valkey"].map((name) => ["add", "--no-cache", name]) },
  { name: "dnf", asRoot: true, installs: ["redis", "valkey"].map((name) => ["install", "-y", name]) },
];

/** Whether a redis-server or valkey-server of a supported version is on PATH, and no installation was interrupted. */
export function hasRedis() {
  return !wasKilled() && findServers().some(isRecent);
}

/** Installs a redis-server with the system's package manager. Throws a SetupError that says what the user can do. */
export async function installRedis() {
  const [old] = findServers();
  // Upgrading an existing installation is not our decision.
  if (old)
    throw new SetupError(`${old.command} is version ${old.version}; ${OLDEST} or newer is needed on PATH`);
  const uid = process.getuid ? process.getuid() : undefined;
  const plan = planRedisInstall({ platform: process.platform, uid, has: isOnPath });
  if (plan.advice) throw new SetupError(`${MISSING}; ${plan.advice}`);
  if (plan.needsRoot) {
    throw new SetupError(
      `${MISSING}, and installing it needs root. Run this, then try again:\n  ${plan.command}`,
    );
  }
  say(`installing redis-server by ${plan.manager} ...`);
  if (plan.manager === "apt-get") await withoutServices(POLICY, () => installByApt(plan));
  else await runFirst(plan.manager, plan.installs);
  if (!findServers().some(isRecent))
    throw new SetupError(`${plan.manager} did not provide redis-server ${OLDEST} or newer on PATH`);
}

/**
 * How to get a redis-server: `advice` if no package manager is suitable. Otherwise the argument lists of `manager`:
 * `update` (may be absent) and `installs`, of which the first that succeeds is enough; `command` is the same as a shell
 * line, and `needsRoot` says that this user has to be shown that line instead.
 */
export function planRedisInstall({ platform, uid, has }) {
  const present = platform === "win32" ? [] : MANAGERS.filter((manager) => has(manager.name));
  const manager = present.find((one) => one.asRoot === (uid === 0)) || present[0];
  if (!manager) {
    const where = platform === "win32" ? " (in WSL, where push-cli has to run, too)" : "";
    return { advice: `install version ${OLDEST} or newer of one of them${where}` };
  }
  if (uid === 0 && !manager.asRoot) return { advice: "as a user other than root run: brew install redis" };
  const needsRoot = manager.asRoot && uid !== 0;
  const prefix = needsRoot && has("sudo") ? ["sudo"] : [];
  const line = (args) => [...prefix, manager.name, ...args].join(" ");
  const installs = manager.installs.map(line).join(" || ");
  const command = manager.update ? `${line(manager.update)} && ${installs}` : installs;
  return { manager: manager.name, update: manager.update, installs: manager.installs, needsRoot, command };
}

/** Runs `action` while Debian's `policy` script forbids packages to start services; always removes the ban afterwards. */
export async function withoutServices(policy, action) {
  if (isOrphan(policy)) fs.rmSync(policy, { force: true });
  if (fs.existsSync(policy)) return await action(); // not ours: it may forbid services, and must not be changed
  fs.writeFileSync(policy, `#!/bin/sh\n# push-cli set-up ${process.pid}\nexit 101\n`, {
    mode: 0o755,
    flag: "wx",
  });
  return await cleaningUp(() => fs.rmSync(policy, { force: true }), action);
}

/** The ban of a set-up that was killed would last forever, and its apt may still be running. Only root can remove it. */
function wasKilled() {
  return process.getuid && process.getuid() === 0 && isOrphan(POLICY);
}

function isOrphan(policy) {
  const text = fs.existsSync(policy) ? fs.readFileSync(policy, "utf8") : "";
  const owner = /^# push-cli set-up (\d+)$/m.exec(text);
  return owner !== null && !isAlive(Number(owner[1]));
}

async function installByApt(plan) {
  const options = ["-q", "-o", `DPkg::Lock::Timeout=${APT_WAIT_SEC}`];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const installs = plan.installs.map((args) => [...options, ...args]);
  await cleaningUp(disableService, async () => {
    const update = await updateApt([...options, ...plan.update], env);
    await runFirst("apt-get", installs, { env }).catch((error) => {
      // A source that can't be reached makes the update fail, which often does not matter; here it may.
      throw new SetupError(error.message, update.output + error.output);
    });
  });
}

/** The package enables its service: without this, it would start at the next boot, even if the set-up was interrupted. */
function disableService() {
  if (!isOnPath("redis-server")) return;
  const { status, stderr } = spawnSync("update-rc.d", ["redis-server", "disable"], { encoding: "utf8" });
  if (status !== 0) say(`the service redis-server will start at the next boot: ${(stderr || "").trim()}`);
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

function isRecent(server) {
  return !isOlder(server.version, OLDEST);
}

function findServers() {
  return ["redis-server", "valkey-server"].filter(isOnPath).map((command) => {
    const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    const found = /\bv=([\d.]+)/.exec(stdout || "");
    return { command, version: found ? found[1] : "unknown" };
  });
}

function isOnPath(command) {
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
