import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { findBuiltProgram } from "../helpers/built-program.ts";
import { checkPrinted } from "../helpers/documents.ts";

/** A command as a child process, with everything that it printed so far. */
export interface Running {
  readonly child: ChildProcess;
  /** With a pseudo-terminal, both streams are in `stdout`: the screen. */
  readonly stdout: string;
  readonly stderr: string;
  /** Waits until stdout and stderr together match; rejects when the command ends before. */
  shows(pattern: RegExp): Promise<void>;
  /** What a person would type, or what a pipe brings. */
  type(text: string): void;
  done: Promise<Finished>;
}

export interface Finished {
  /** Of the process, or of the shell in the pseudo-terminal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface BuiltCli {
  /** The program, for commands that tests put together themselves. */
  readonly program: string;
  /** A folder that is gone afterwards: HOME, working directory and TMPDIR of the commands. */
  readonly folder: string;
  env: Record<string, string>;
  /** All that any command of the test file printed, to look for secrets in. */
  readonly printed: string[];
  readonly running: Set<Running>;
  run(argv: string[], options?: RunOptions): Promise<Finished>;
  start(argv: string[], options?: RunOptions): Running;
  /** In a pseudo-terminal of util-linux's `script`. */
  startInTerminal(argv: string[], options?: TerminalOptions): Running;
  runInTerminal(argv: string[], options?: TerminalOptions): Promise<Finished>;
  /** Any program, under the same watch. */
  spawn(command: string, args: string[], options?: RunOptions): Running;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Ends stdin; without it stdin stays open in a terminal and is empty in a pipe. */
  stdin?: string;
}

export interface TerminalOptions extends RunOptions {
  columns?: number;
  /** A shell command whose output is the stdin of ours; the terminal stays the controlling one. */
  pipe?: string;
}

/** Why tests in a pseudo-terminal can't run here; undefined when they can. */
export const NO_TERMINAL = findScript() ? undefined : "script of util-linux is not installed";

/** The program as `npm run build` makes it, shared with other test files; HOME and the like are this one's own. */
export function useBuiltCli(env: Record<string, string> = {}): BuiltCli {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-e2e-"));
  const cli = createCli(findBuiltProgram(), folder, env);
  afterAll(() => {
    // Those that a failed test did not wait for.
    for (const { child } of cli.running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  return cli;
}

function createCli(program: string, folder: string, env: Record<string, string>): BuiltCli {
  const cli: BuiltCli = {
    program,
    folder,
    env,
    printed: [],
    running: new Set(),
    start: (argv, options) => {
      const running = cli.spawn(process.execPath, [program, ...argv], options);
      running.done = running.done.then(async (finished) => {
        // What was killed may have been in the middle of a line.
        if (finished.code !== null) await checkPrinted(argv, finished);
        return finished;
      });
      return running;
    },
    run: (argv, options = {}) => cli.start(argv, { stdin: "", ...options }).done,
    startInTerminal: (argv, { columns = 80, pipe, ...options } = {}) => {
      const command = [process.execPath, program, ...argv].map(quote).join(" ");
      const line = pipe === undefined ? command : `${pipe} | ${command}`;
      return cli.spawn("script", ["-qec", `stty cols ${columns} rows 24; ${line}`, "/dev/null"], options);
    },
    runInTerminal: (argv, options) => cli.startInTerminal(argv, options).done,
    spawn: (command, args, { env: more, stdin } = {}) => {
      // Nothing of our own environment: a CI variable changes the screen, and settings must not leak in.
      const all = { PATH: process.env.PATH ?? "", TERM: "xterm-256color", HOME: folder, TMPDIR: folder };
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...all, SHELL: "/bin/sh", ...cli.env, ...more },
      });
      const running = watch(child, stdin);
      cli.running.add(running);
      const forget = ({ stdout, stderr }: Finished) => {
        cli.running.delete(running);
        cli.printed.push(stdout, stderr);
      };
      running.done.then(forget, () => {});
      return running;
    },
  };
  return cli;
}

function watch(child: ChildProcess, stdin: string | undefined): Running {
  const running = { child, stdout: "", stderr: "" } as Running & { stdout: string; stderr: string };
  const waiting = new Set<() => void>();
  const take = (name: "stdout" | "stderr") => (text: string) => {
    running[name] += text;
    for (const look of waiting) look();
  };
  child.stdout?.setEncoding("utf8").on("data", take("stdout"));
  child.stderr?.setEncoding("utf8").on("data", take("stderr"));
  // A command that ends early does not read its stdin to the end.
  child.stdin?.on("error", () => {});
  if (stdin !== undefined) child.stdin?.end(stdin);
  running.type = (text) => {
    child.stdin?.write(text);
  };
  running.done = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, stdout: running.stdout, stderr: running.stderr });
    });
  });
  running.shows = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!pattern.test(running.stdout + running.stderr)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void running.done.then(({ code, stdout, stderr }) => {
        if (waiting.delete(look)) reject(new Error(`ended (${code}) without ${pattern}: ${stdout}${stderr}`));
      });
    });
  return running;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function findScript(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
}
