import { spawn } from "node:child_process";

/** A failure that the user can fix; `output` is what the failing tool has printed. */
export class SetupError extends Error {
  constructor(message, output = "") {
    super(message);
    this.output = output;
  }
}

/** stderr, because the program that runs after the set-up may print data. */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

let child;
let ending;

/** Runs a program to its end and captures its output. `code` is null when a signal ended it. */
export async function run(command, args, options = {}) {
  const parts = [];
  const code = await new Promise((resolve) => {
    child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (part) => parts.push(part));
    child.stderr.on("data", (part) => parts.push(part));
    child.on("error", (error) => {
      parts.push(Buffer.from(`${error.message}\n`));
      resolve(null);
    });
    child.on("close", resolve);
  });
  child = undefined;
  if (ending) process.exit(ending);
  return { code, output: Buffer.concat(parts).toString("utf8") };
}

/** Runs the program with each argument list until one succeeds. Throws a SetupError when none does. */
export async function runFirst(command, argLists, options) {
  let output = "";
  for (const args of argLists) {
    const result = await run(command, args, options);
    if (result.code === 0) return;
    output += result.output;
  }
  throw new SetupError(
    `failed: ${argLists.map((args) => [command, ...args].join(" ")).join(" || ")}`,
    output,
  );
}

/**
 * On a signal, the running program is asked to end, more forcefully each time, and waited for: apt starts dpkg, which
 * must not continue unnoticed. Then the process exits, which runs the clean-ups.
 */
export function endOnSignals() {
  const firmness = ["SIGINT", "SIGTERM", "SIGKILL"];
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
    process.on(signal, () => {
      if (!child) process.exit(code);
      ending = code;
      child.kill(firmness.length > 1 ? firmness.shift() : firmness[0]);
    });
  }
}

/** Runs `action` and then `undo`, which also runs if the process exits before that. */
export async function cleaningUp(undo, action) {
  process.once("exit", undo);
  try {
    return await action();
  } finally {
    process.removeListener("exit", undo);
    undo();
  }
}

export function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM"; // alive, but another user's
  }
}
