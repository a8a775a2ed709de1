import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { cleaningUp, isAlive, runFirst, SetupError, say } from "./run.mjs";
import { installByApt, isOnPath, planHere, planInstall, versionOf } from "./system.mjs";
import { isOlder } from "./version.mjs";

const OLDEST = "6.2";
const POLICY = "/usr/sbin/policy-rc.d";
const MISSING = "there is no redis-server or valkey-server on PATH";

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

const WANTED = {
  managers: MANAGERS,
  advice: `install version ${OLDEST} or newer of one of them`,
  brew: "brew install redis",
};

/** Whether a redis-server or valkey-server of a version that will do is on PATH, and no installation was cut short. */
export function hasRedis() {
  return !wasKilled() && findServers().some(isRecent);
}

/** Installs a redis-server with the system's package manager. Throws a SetupError that says what the user can do. */
export async function installRedis() {
  const [old] = findServers();
  // Upgrading an existing installation is not our decision.
  if (old)
    throw new SetupError(`${old.command} is version ${old.version}; ${OLDEST} or newer is needed on PATH`);
  const plan = planHere(WANTED, MISSING);
  say(`installing redis-server by ${plan.manager} ...`);
  if (plan.manager === "apt-get")
    await withoutServices(POLICY, () => cleaningUp(disableService, () => installByApt(plan)));
  else await runFirst(plan.manager, plan.installs);
  if (!findServers().some(isRecent))
    throw new SetupError(`${plan.manager} did not provide redis-server ${OLDEST} or newer on PATH`);
}

/** How to get a redis-server: see `planInstall`. */
export function planRedisInstall(system) {
  return planInstall(WANTED, system);
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

/** The package enables its service: without this the next boot would start it, an interrupted set-up or not. */
function disableService() {
  if (!isOnPath("redis-server")) return;
  const { status, stderr } = spawnSync("update-rc.d", ["redis-server", "disable"], { encoding: "utf8" });
  if (status !== 0) say(`the service redis-server will start at the next boot: ${(stderr || "").trim()}`);
}

function isRecent(server) {
  return !isOlder(server.version, OLDEST);
}

function findServers() {
  return ["redis-server", "valkey-server"].filter(isOnPath).map((command) => {
    const found = /\bv=([\d.]+)/.exec(versionOf(command));
    return { command, version: found ? found[1] : "unknown" };
  });
}
