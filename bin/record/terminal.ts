import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Terminal } from "@xterm/headless";
import { readScreen, textOf } from "./screen.ts";
import type { Frame } from "./timeline.ts";

const SAMPLE_MS = 80;
const LETTER_MS = 18;
const WAIT_MS = 60_000;
/** A blank line before it separates commands, even after output that does not end its line. */
const PROMPT = "\n$ ";

export interface RecordedTerminal {
  /** All frames seen so far. */
  readonly frames: Frame[];
  /** Writes a comment at the prompt, for the viewer only: the shell does not receive it. */
  explain(text: string): Promise<void>;
  /** Types a command, and Enter. Resolves before it has had any effect. */
  type(command: string): Promise<void>;
  /** Waits until the screen matches. Rejects after a minute, with the screen. */
  shows(pattern: RegExp): Promise<void>;
  /** Waits until the shell shows its next prompt, and for the viewer to read. */
  prompt(readMs: number): Promise<void>;
  /** Shows something in another window for a while; `act` is called in the middle of that. */
  beside(text: string, act: () => void): Promise<void>;
  /** The process that the shell is waiting for. */
  foregroundPid(): number;
  close(): Promise<void>;
}

/** A shell in a pseudo terminal of util-linux's `script`, observed all the time. */
export function openTerminal(
  size: { cols: number; rows: number },
  env: Record<string, string>,
  cwd: string,
): RecordedTerminal {
  const screen = new Terminal({ ...size, allowProposedApi: true });
  const line = `stty cols ${size.cols} rows ${size.rows}; exec sh -i`;
  const child = spawn("script", ["-qfec", line, "/dev/null"], {
    cwd,
    env: { ...env, PS1: PROMPT, TERM: "xterm-256color", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout.on("data", (chunk: Buffer) => screen.write(chunk));
  return watch(screen, child);
}

function watch(screen: Terminal, child: ChildProcessByStdio<Writable, Readable, null>): RecordedTerminal {
  const frames: Frame[] = [];
  let aside: string | undefined;
  let isTyping = true;
  const sample = () => frames.push(lookAt(screen, isTyping, aside));
  const timer = setInterval(sample, SAMPLE_MS);
  const shows = async (pattern: RegExp) => {
    const deadline = Date.now() + WAIT_MS;
    while (!pattern.test(textOf(readScreen(screen)))) {
      if (Date.now() > deadline) throw new Error(`no ${pattern} on\n${textOf(readScreen(screen))}`);
      await sleep(5);
    }
  };
  return {
    frames,
    shows,
    explain: (text) =>
      new Promise((resolve) => {
        screen.write(`\x1b[2m# ${text}\x1b[0m\r\n${PROMPT.trimStart()}`, resolve);
      }),
    type: async (command) => {
      for (const letter of command) {
        child.stdin.write(letter);
        await sleep(LETTER_MS);
      }
      await sleep(300);
      isTyping = false;
      child.stdin.write("\n");
      await sleep(2 * SAMPLE_MS);
    },
    prompt: async (readMs) => {
      await shows(/\n\$$/);
      isTyping = true;
      await sleep(readMs);
    },
    beside: async (text, act) => {
      aside = text;
      await sleep(700);
      act();
      await sleep(900);
      aside = undefined;
    },
    foregroundPid: () => lastDescendant(child.pid as number),
    close: async () => {
      sample();
      clearInterval(timer);
      child.stdin.end("exit\n");
      await new Promise((resolve) => child.once("close", resolve));
    },
  };
}

function lookAt(screen: Terminal, isTyping: boolean, aside: string | undefined): Frame {
  const { cursorX: column, cursorY: row } = screen.buffer.active;
  return {
    atMs: Date.now(),
    screen: readScreen(screen),
    ...(isTyping && { cursor: { row, column } }),
    ...(aside !== undefined && { aside }),
  };
}

/** The innermost descendant of a process, as reported by Linux. */
function lastDescendant(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children[0] === "" || children[0] === undefined ? pid : lastDescendant(Number(children[0]));
}
