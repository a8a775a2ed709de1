import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "process-io-"));
const script = join(folder, "child.mjs");
const root = new URL("../..", import.meta.url).pathname;

/** Exit codes: 0 as planned, 3 stdout closed by its reader, 4 stdout failed. */
const CHILD = `
import { createOutput } from "./src/output/output.ts";
import { processIo } from "./src/output/process-io.ts";
const io = processIo();
const mode = process.argv[2];
if (mode === "early") io.stdout.write("help".repeat(100000));
const out = createOutput(io, { quiet: false, color: "auto" }, { now: () => 0 });
try {
  if (mode === "lines") for (let n = 0; n < 200000 && !out.closed.aborted; n++) await out.line({ n });
  if (mode === "answer") out.data(String(await out.confirm("Send?")));
  if (mode === "warnings") {
    const undo = io.onLibraryWarning((text) => out.data("<" + text + ">"));
    console.warn("[WARN] a", 1, { password: "pw" }, null);
    console.log("b");
    console.error(Object.assign(new Error("c"), { command: { args: ["pw"] } }));
    process.emitWarning("d", "DeprecationWarning");
    await new Promise(setImmediate);
    undo();
    console.warn("e");
    console.log("f");
    process.emitWarning("g");
    await new Promise(setImmediate);
  }
  if (mode === "terminal") out.data(String(io.openTerminal() === undefined));
  if (mode === "exit") io.exitNow(7);
  await out.flush();
  process.exitCode = out.closed.aborted ? 3 : 0;
} catch (error) {
  out.error({ code: error.kind, message: error.message });
  process.exitCode = 4;
}
`;

beforeAll(async () => {
  await build({
    stdin: { contents: CHILD, resolveDir: root, loader: "ts" },
    ...{ bundle: true, platform: "node", format: "esm", packages: "external", outfile: script },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

function start(child: ChildProcess): { child: ChildProcess; ended: Promise<Ended>; read: () => string } {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, read: () => stdout };
}

/** Runs the child in a shell line in which it is called $CHILD. */
function shell(line: string): Promise<Ended> {
  const command = line.replaceAll("$CHILD", `"${process.execPath}" "${script}"`);
  return start(spawn("bash", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] })).ended;
}

describe("stdout of a real process", () => {
  it("ends quietly when head has read enough", async () => {
    const { stdout, stderr } = await shell("$CHILD lines | head -2; echo $PIPESTATUS");
    expect(stdout).toBe('{"n":0}\n{"n":1}\n3\n');
    expect(stderr).toBe("");
  });

  it("ends quietly when the reader goes before there is an output", async () => {
    const { stdout, stderr } = await shell("$CHILD early | true; echo $PIPESTATUS");
    expect(stdout).toMatch(/^[03]\n$/);
    expect(stderr).toBe("");
  });

  it("loses nothing to a slow reader", async () => {
    const { stdout } = await shell("$CHILD lines | (sleep 0.3; tail -1)");
    expect(stdout).toBe('{"n":199999}\n');
  });

  it("says that the disk is full", async () => {
    const { stdout, stderr } = await shell("$CHILD lines >/dev/full; echo $?");
    expect(stdout).toBe("4\n");
    expect(stderr).toMatch(/^error: cannot write to stdout: ENOSPC[^\n]*\n$/);
  });
});

describe("the process", () => {
  it("is not interactive in a pipe", async () => {
    expect(await shell("echo y | $CHILD answer")).toMatchObject({ stdout: "false\n", stderr: "", code: 0 });
  });

  it("has no controlling terminal in a session of its own, as under cron", async () => {
    const child = spawn(process.execPath, [script, "terminal"], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(await start(child).ended).toMatchObject({ stdout: "true\n", stderr: "", code: 0 });
  });

  it("ends at once with exitNow", async () => expect((await shell("$CHILD exit")).code).toBe(7));

  it("hands over what libraries and Node print, and lets them print again after the undo", async () => {
    const { stdout, stderr } = await shell("$CHILD warnings");
    expect(stdout).toBe("<[WARN] a 1 [object] [object]>\n<b>\n<c>\n<d>\nf\n");
    expect(stderr).toMatch(/^e\n\(node:\d+\) Warning: g\n/);
    expect(stderr).not.toMatch(/WARN|Deprecation|pw/);
  });
});
