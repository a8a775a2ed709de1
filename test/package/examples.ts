import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findBuiltProgram } from "../helpers/built-program.ts";

/** A command of an example and what the page shows of its output. */
export interface Command {
  text: string;
  output: string[];
  /** Of the first line of its output in the page, from 0. */
  line: number;
}

/** What a page has run: commands in its order, and between them what sets the scene, which the page does not show. */
export type Step = Command | { setup: string };

export interface Result {
  lines: string[];
  code: number;
}

/**
 * The steps of a page: fenced blocks behind the comment `run`, in which `$ ` begins a command, a backslash at a line's end
 * continues it, and what follows is its output; and comments that begin with `setup`.
 */
export function readSteps(markdown: string): Step[] {
  const lines = markdown.split("\n");
  const steps: Step[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === "<!-- setup") {
      const end = lines.indexOf("-->", i);
      steps.push({ setup: lines.slice(i + 1, end).join("\n") });
    } else if (lines[i] === "<!-- run -->") {
      const end = lines.indexOf("```", i + 2);
      steps.push(...readCommands(lines.slice(i + 2, end), i + 2));
    }
  }
  return steps;
}

function readCommands(lines: readonly string[], first: number): Command[] {
  const commands: Command[] = [];
  let continues = false;
  for (const [i, line] of lines.entries()) {
    const last = commands.at(-1);
    if (continues && last) Object.assign(last, { text: `${last.text}\n${line}`, line: first + i + 1 });
    else if (line.startsWith("$ ")) commands.push({ text: line.slice(2), output: [], line: first + i + 1 });
    else last?.output.push(line);
    continues = line.endsWith("\\") && (continues || line.startsWith("$ "));
  }
  return commands;
}

/** Ports of the page, and those that are free here. */
export type Ports = ReadonlyMap<string, string>;

/** Runs the steps by one bash in a terminal of 110 columns, in `folder`. */
export async function runSteps(
  steps: readonly Step[],
  folder: string,
  ports: Ports,
  env: Record<string, string>,
): Promise<Result[]> {
  const program = path.join(folder, "push-cli");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${builtProgram()}" "$@"\n`);
  chmodSync(program, 0o755);
  const script = steps.map((step) =>
    "setup" in step
      ? `{ ${step.setup}\n} >setup.log 2>&1`
      : `printf '\\1\\n'; ${step.text}\nprintf '\\2%s\\n' $?`,
  );
  writeFileSync(path.join(folder, "steps.sh"), replaceAll(script.join("\n"), ports));
  const child = spawn("script", ["-qec", "stty cols 110 rows 50; bash steps.sh", "/dev/null"], {
    cwd: folder,
    env: {
      ...{ PATH: `${folder}:${process.env.PATH}`, HOME: folder, TMPDIR: folder, TZ: "UTC", SHELL: "/bin/sh" },
      // No colours and no animation, as for a person who wants neither.
      ...{ NO_COLOR: "1", TERM: "dumb", ...env },
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  await once(child, "close");
  child.stdin.destroy();
  const back = new Map([...ports].map(([page, here]) => [here, page]));
  return readResults(replaceAll(shown.replaceAll("\r", ""), back));
}

let built: string | undefined;

/** Once: pages that are updated are sources, and each would lead to another build. */
function builtProgram(): string {
  built ??= findBuiltProgram();
  return built;
}

function readResults(shown: string): Result[] {
  const results = shown.matchAll(/\x01\n([^\x02]*)\x02(\d+)\n/g);
  return [...results].map(([, text = "", code]) => ({
    lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"),
    code: Number(code),
  }));
}

function replaceAll(text: string, words: Ports): string {
  return [...words].reduce((all, [from, to]) => all.replaceAll(from, to), text);
}

/** Whether lines are what the page shows: `...` is any lines; times, dates, ids and widths may differ. */
export function isShown(output: readonly string[], actual: readonly string[]): boolean {
  const parts = output.map((line) => (line === "..." ? "(.*\n)*" : `${quote(mask(line))}\n`));
  return new RegExp(`^${parts.join("")}$`).test(actual.map((line) => `${mask(line)}\n`).join(""));
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

const MASKS: [RegExp, string][] = [
  // A run that takes less than 100 ms has no rate to show.
  [/ in [\d.]+ m?s, [\d.,]+\/s/g, ""],
  // Redis lists its keys in no order, so any pool may be the first of a file.
  [/ such as '\w+' \(line \d+\)/g, " such as <line>"],
  [/\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?/g, "<date>"],
  [/\d{4}年\d+月\d+日/g, "<date>"],
  [/\b\d{8}-\d{6}-\w{4}\b/g, "<id>"],
  [/(?<![.\w])\d{9,13}(?!\w)/g, "<epoch>"],
  [/\b\d+d \d+h\b|\b\d+h \d+m\b|\b\d+d\b/g, "<duration>"],
  [/\b[\d.]+ m?s\b|(?<="durationMs": )\d+/g, "<duration>"],
  [/[\d.,]+\/[sm]\b/g, "<rate>"],
  [/─+/g, "─"],
  [/ +/g, " "],
];

function mask(line: string): string {
  return MASKS.reduce((text, [pattern, name]) => text.replace(pattern, name), line).trim();
}
