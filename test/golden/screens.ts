import { main } from "../../src/main.ts";
import { displayWidth } from "../../src/output/width.ts";
import { fakeIo } from "../output/fake-io.ts";

export interface Terminal {
  columns: number;
  colour: boolean;
}

/** Each screen is pinned on all of them. */
export const TERMINALS: readonly Terminal[] = [
  { columns: 80, colour: false },
  { columns: 80, colour: true },
  { columns: 120, colour: false },
  { columns: 120, colour: true },
];

export interface Looked {
  code: number;
  /** What stands on the screen at the end, with escape sequences. */
  text: string;
}

/** Runs a command line at a terminal where both streams come out; `typed` answers its questions. */
export async function lookAt(
  argv: string[],
  { columns, colour }: Terminal,
  { env, typed }: { env: Record<string, string>; typed: string },
): Promise<Looked> {
  const io = fakeIo({
    terminals: ["stdin", "stdout", "stderr"],
    columns,
    env: { ...(colour ? { TERM: "xterm-256color" } : { NO_COLOR: "1" }), TZ: "UTC", ...env },
    cwd: "/nonexistent",
  });
  io.stdin.end(typed);
  const code = await main(argv, { ...io, stderr: io.stdout });
  return { code, text: io.stdout.text().replace(LIVE_LINE, "") };
}

/** Frames of a live line, until it is gone; the cursor is hidden meanwhile. */
const LIVE_LINE = /\x1b\[\?25l[\s\S]*?\x1b\[\?25h/g;

/** Lines that are wider than the terminal, which would break them anywhere. A command stays whole, to be copied. */
export function tooWide({ text }: Looked, { columns }: Terminal): string[] {
  const lines = text.replace(/\x1b\[[\d;]*m/g, "").split("\n");
  return lines.filter((line) => displayWidth(line) > columns && !/^ *(?:\$|next:) push-cli /.test(line));
}

/** What differs from run to run; a figure in a column has the width of what it stands for. */
const MASKS: [RegExp, string | ((found: string) => string)][] = [
  [/(?<=127\.0\.0\.1:)\d+/g, (port) => "0".repeat(port.length)],
  [/\b20\d\d-\d\d-\d\d( [A-Z][a-z]{2})?/g, (date) => "YYYY-MM-DD Day".slice(0, date.length)],
  [/(?<=YYYY-MM-DD[ T])\d\d:\d\d(:\d\d)?(\.\d+Z)?/g, (time) => time.replace(/\d/g, "0")],
  [/ in [\d.]+ m?s, [\d.,]+\/s|(?<= recipients) in [\d.]+ m?s, [\d.]+\/m/g, ""],
  [/(?<=\bin )[\d.]+ m?s\b/g, "<time>"],
  [/\bpid \d+/g, "pid <pid>"],
  [/(?<=token +)\S+\.\.\./g, "99_xxx..."],
  [/in 1h 5\dm/g, "in 1h 55m"],
];

/** As it goes into the golden file: escape sequences to be read, and nothing that another run would have otherwise. */
export function render({ code, text }: Looked, { columns, colour }: Terminal): string {
  const masked = MASKS.reduce((all, [pattern, mask]) => all.replace(pattern, mask as string), text);
  const shown = masked.replaceAll("\x1b", "␛").replace(/[ ]+$/gm, (blanks) => "·".repeat(blanks.length));
  const heading = `=== ${columns} columns, ${colour ? "colour" : "no colour"}, exit code ${code}`;
  return `${heading}\n${shown}${shown.endsWith("\n") ? "" : "\n"}`;
}
