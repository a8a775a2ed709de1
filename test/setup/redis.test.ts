import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT } from "../structure/files.ts";
import { makeFolder } from "./clone.ts";

interface Plan {
  advice?: string;
  manager?: string;
  update?: string[];
  installs?: string[][];
  needsRoot?: boolean;
  command?: string;
}

interface RedisModule {
  planRedisInstall(system: {
    platform: string;
    uid: number | undefined;
    has(command: string): boolean;
  }): Plan;
  withoutServices<T>(policy: string, action: () => Promise<T>): Promise<T>;
}

const moduleUrl = (name: string) => pathToFileURL(path.join(ROOT, "bin/setup", name)).href;
const { planRedisInstall, withoutServices }: RedisModule = await import(moduleUrl("redis.mjs"));
const { isOlder }: { isOlder(version: string, oldest: string): boolean } = await import(
  moduleUrl("version.mjs")
);

const NO_PID = 2 ** 22 + 1;

describe("planRedisInstall", () => {
  const plan = (uid: number | undefined, commands: string, platform = "linux") =>
    planRedisInstall({ platform, uid, has: (command) => commands.split(" ").includes(command) });

  it.each([
    [0, "apt-get", "apt-get update && apt-get install -y --no-install-recommends redis-server", false],
    [0, "apt-get sudo", "apt-get update && apt-get install -y --no-install-recommends redis-server", false],
    [1000, "apt-get", "apt-get update && apt-get install -y --no-install-recommends redis-server", true],
    [
      1000,
      "apt-get sudo",
      "sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server",
      true,
    ],
    [0, "apk", "apk add --no-cache redis || apk add --no-cache valkey", false],
    [1000, "apk", "apk add --no-cache redis || apk add --no-cache valkey", true],
    [0, "dnf", "dnf install -y redis || dnf install -y valkey", false],
    [1000, "dnf sudo", "sudo dnf install -y redis || sudo dnf install -y valkey", true],
    [501, "brew sudo", "brew install redis", false],
    [1000, "brew apt-get sudo", "brew install redis", false],
    [0, "brew apt-get", "apt-get update && apt-get install -y --no-install-recommends redis-server", false],
  ])("for uid %i with %s: %s", (uid, commands, command, needsRoot) => {
    expect(plan(uid, commands)).toMatchObject({ command, needsRoot });
  });

  it("gives the argument lists, the update apart", () => {
    expect(plan(0, "apt-get")).toMatchObject({
      manager: "apt-get",
      update: ["update"],
      installs: [["install", "-y", "--no-install-recommends", "redis-server"]],
    });
    expect(plan(0, "dnf")).toMatchObject({
      manager: "dnf",
      installs: [
        ["install", "-y", "redis"],
        ["install", "-y", "valkey"],
      ],
    });
  });

  it("gives advice where no package manager will do it", () => {
    expect(plan(0, "").advice).toContain("install version 6.2 or newer");
    expect(plan(0, "brew", "darwin").advice).toContain("brew install redis");
    expect(plan(undefined, "apt-get", "win32").advice).toContain("WSL");
  });
});

describe("withoutServices", () => {
  it("forbids services while the action runs, and only then", async () => {
    const policy = path.join(makeFolder(), "policy-rc.d");
    const result = await withoutServices(policy, async () => {
      expect(statSync(policy).mode & 0o111).toBe(0o111);
      expect(await exitCodeOf(policy)).toBe(101);
      return "result";
    });
    expect(result).toBe("result");
    expect(existsSync(policy)).toBe(false);
  });

  it("lifts the ban when the action fails", async () => {
    const policy = path.join(makeFolder(), "policy-rc.d");
    const failing = withoutServices(policy, () => Promise.reject(new Error("apt failed")));
    await expect(failing).rejects.toThrow("apt failed");
    expect(existsSync(policy)).toBe(false);
  });

  it("leaves the policy of somebody else as it is", async () => {
    const policy = path.join(makeFolder(), "policy-rc.d");
    writeFileSync(policy, "#!/bin/sh\nexit 0\n");
    await withoutServices(policy, async () => undefined);
    expect(readFileSync(policy, "utf8")).toBe("#!/bin/sh\nexit 0\n");
  });

  it("replaces the ban of a set-up that was killed", async () => {
    const policy = path.join(makeFolder(), "policy-rc.d");
    writeFileSync(policy, `#!/bin/sh\n# push-cli set-up ${NO_PID}\nexit 101\n`);
    await withoutServices(policy, async () =>
      expect(readFileSync(policy, "utf8")).toContain(` ${process.pid}\n`),
    );
    expect(existsSync(policy)).toBe(false);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("lifts the ban on %s, after the program at work has ended", async (signal, expected) => {
    const folder = makeFolder();
    const policy = path.join(folder, "policy-rc.d");
    // Like apt, which on a signal finishes what dpkg is at.
    const worker = `trap 'test -e ${policy} && echo held > ${folder}/seen; exit 0' INT TERM; echo > ${folder}/ready; while :; do sleep 0.05; done`;
    const script = `
      import { endOnSignals, run } from ${JSON.stringify(moduleUrl("run.mjs"))};
      import { withoutServices } from ${JSON.stringify(moduleUrl("redis.mjs"))};
      endOnSignals();
      await withoutServices(${JSON.stringify(policy)}, () => run("sh", ["-c", ${JSON.stringify(worker)}]));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    const exited = new Promise((resolve) => child.on("close", resolve));
    while (!existsSync(`${folder}/ready`)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    expect(await exited).toBe(expected);
    expect(readFileSync(`${folder}/seen`, "utf8")).toBe("held\n");
    expect(existsSync(policy)).toBe(false);
  });
});

it.each([
  ["20.0.0", "20", false],
  ["20.18.1", "20.18.1", false],
  ["20.9.0", "20.18.1", true],
  ["22.1.0", "20.18.1", false],
  ["18.20.4", "20", true],
  ["6.2.0", "6.2", false],
  ["6.0.16", "6.2", true],
  ["10.0", "6.2", false],
  ["unknown", "6.2", true],
])("isOlder(%s, %s) is %s", (version, oldest, expected) => {
  expect(isOlder(version, oldest)).toBe(expected);
});

function exitCodeOf(program: string): Promise<number | null> {
  return new Promise((resolve) => spawn(program).on("close", resolve));
}
