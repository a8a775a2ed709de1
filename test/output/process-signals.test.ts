import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_TERMINAL } from "../e2e/built-cli.ts";
import { NO_UNSHARE } from "../helpers/unshare.ts";

const folder = mkdtempSync(join(tmpdir(), "process-signals-"));
const script = join(folder, "child.mjs");
const root = new URL("../..", import.meta.url).pathname;

/** "listen": says each signal, and ends by itself at SIGTERM. "once": listens to one signal only. */
const CHILD = `
import { writeSync } from "node:fs";
import { processIo } from "./src/output/process-io.ts";
const io = processIo();
const mode = process.argv[2];
const hold = setInterval(() => {}, 1000);
const say = (text) => writeSync(1, text + "\\n");
const listener = (signal) => {
  say("got " + signal);
  if (mode === "once") undo();
  if (signal === "SIGTERM") process.exit(7);
};
const undo = mode === "none" || mode === "slow" ? () => {} : io.onSignal(listener);
io.beforeEnd(async () => {
  say("cleaning up");
  if (mode === "slow") await new Promise(() => {});
});
say("ready");
`;

beforeAll(async () => {
  await build({
    stdin: { contents: CHILD, resolveDir: root, loader: "ts" },
    ...{ bundle: true, platform: "node", format: "esm", packages: "external", outfile: script },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Child {
  child: ChildProcess;
  shows(text: string): Promise<void>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string }>;
}

function start(command: string, args: string[]): Child {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
  });
  return {
    child,
    shows: (text) => expect.poll(() => stdout, { interval: 10 }).toContain(text),
    ended: new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal, stdout }));
    }),
  };
}

const startChild = (mode: string) => start(process.execPath, [script, mode]);

describe("a signal", () => {
  it("goes to the listener, whose business it is then", async () => {
    const { child, shows, ended } = startChild("listen");
    await shows("ready");
    child.kill("SIGINT");
    await shows("got SIGINT");
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 7, signal: null, stdout: "ready\ngot SIGINT\ngot SIGTERM\n" });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends the process when nobody listens: %s", async (signal) => {
    const { child, shows, ended } = startChild("none");
    await shows("ready");
    child.kill(signal);
    // By the signal itself, as shells want to see it.
    expect(await ended).toEqual({ code: null, signal, stdout: "ready\ncleaning up\n" });
  });

  it("ends the process when nobody listens any more", async () => {
    const { child, shows, ended } = startChild("once");
    await shows("ready");
    child.kill("SIGINT");
    await shows("got SIGINT");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT" });
  });

  it("does not wait for ever for what is to be done first", async () => {
    const { child, shows, ended } = startChild("slow");
    await shows("ready");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ signal: "SIGTERM" });
  });

  it("ends the process at once when it comes a second time", async () => {
    const { child, shows, ended } = startChild("slow");
    await shows("ready");
    child.kill("SIGTERM");
    await shows("cleaning up");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ signal: "SIGINT" });
  });

  it.skipIf(NO_UNSHARE)("ends PID 1 too, which the kernel spares the default action", async () => {
    const args = ["--pid", "--fork", "--mount-proc", process.execPath, script, "none"];
    const { child, shows, ended } = start("unshare", args);
    await shows("ready");
    const [pid] = execFileSync("ps", ["--ppid", String(child.pid), "-o", "pid="], { encoding: "utf8" })
      .trim()
      .split("\n");
    process.kill(Number(pid), "SIGTERM");
    expect(await ended).toEqual({ code: 143, signal: null, stdout: "ready\ncleaning up\n" });
  });
});

describe("SIGHUP", () => {
  it("is nothing to a process that has no terminal on any stream, as nohup leaves it", async () => {
    const { child, shows, ended } = startChild("listen");
    await shows("ready");
    child.kill("SIGHUP");
    child.kill("SIGHUP");
    child.kill("SIGINT");
    await shows("got SIGINT");
    child.kill("SIGTERM");
    expect((await ended).stdout).toBe("ready\ngot SIGINT\ngot SIGTERM\n");
  });

  it.skipIf(NO_TERMINAL)("is a signal like the others to one in a terminal", async () => {
    const line = `"${process.execPath}" "${script}" listen & P=$!; read go; kill -HUP $P; read go; kill -TERM $P; wait $P`;
    const { child, shows, ended } = start("script", ["-qec", `bash -c '${line}'`, "/dev/null"]);
    await shows("ready");
    child.stdin?.write("go\n");
    await shows("got SIGHUP");
    child.stdin?.write("go\n");
    expect((await ended).stdout).toContain("got SIGTERM");
  });
});
