import { type ChildProcess, spawn } from "node:child_process";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";

/** How one process of the tool ended. */
export interface End {
  args: string[];
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What the harness sent it. */
  struck: NodeJS.Signals[];
  stderr: string;
  /** The document on stdout, when there was one. */
  document: BroadcastResult | undefined;
  /** Performance time, ms. */
  startedAt: number;
  endedAt: number;
  /** It had to be killed, because it did not end. */
  hung: boolean;
}

/** A process of the tool at work. */
export interface Cli {
  readonly ended: Promise<End>;
  readonly isOver: boolean;
  strike(signal: NodeJS.Signals): void;
}

const LONGEST_MS = 90_000;

/** Starts the program with node; its output is kept. */
export function startCli(file: string, args: string[], env: Record<string, string>, cwd: string): Cli {
  const child = spawn(process.execPath, [file, ...args], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const struck: NodeJS.Signals[] = [];
  let over = false;
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, LONGEST_MS);
  const startedAt = performance.now();
  const ended = collect(child).then(({ code, signal, stdout, stderr }): End => {
    clearTimeout(timer);
    over = true;
    const document = parseDocument(stdout);
    return { args, code, signal, struck, stderr, document, startedAt, endedAt: performance.now(), hung };
  });
  return {
    ended,
    get isOver() {
      return over;
    },
    strike: (signal) => {
      if (over) return;
      struck.push(signal);
      child.kill(signal);
    },
  };
}

interface Collected {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

function collect(child: ChildProcess): Promise<Collected> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Undefined for none, or one that a kill cut off. */
function parseDocument(stdout: string): BroadcastResult | undefined {
  try {
    return JSON.parse(stdout) as BroadcastResult;
  } catch {
    return undefined;
  }
}
