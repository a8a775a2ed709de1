import { type Fact, renderFacts } from "./facts.ts";
import { visibleLines } from "./format.ts";
import type { Io } from "./io.ts";
import type { Sink } from "./sink.ts";
import { createStyle, type Style } from "./style.ts";
import { wrapWords } from "./wrap.ts";

/** What is said on stderr, wrapped to its terminal. */
export interface Messages {
  /** A message on stderr that --quiet silences. */
  talk(text: string): void;
  /** A line of --verbose or --debug: a message that is not passed to `onSay`. */
  trace(text: string): void;
  /** A message on stderr that nothing silences. */
  warn(text: string): void;
  /** The same for facts: what a question is about, or what was found before it. */
  warnFacts(facts: readonly Fact[]): void;
}

/** Called with every message on stderr, even with --quiet: for a log. */
export type OnSay = (how: "talk" | "warn" | "error", text: string) => void;

export function createMessages(
  io: Io,
  stderr: Sink,
  { onSay, quiet }: { onSay?: OnSay | undefined; quiet: boolean },
  style: Style,
): Messages {
  const write = (text: string) => stderr.write(`${visibleLines(text)}\n`);
  const say = (text: string) => write(wrapWords(text, errorWidth(io), 2));
  const trace = (text: string) => {
    if (!quiet) say(text);
  };
  return {
    trace,
    talk: (text) => {
      onSay?.("talk", text);
      trace(text);
    },
    warn: (text) => {
      onSay?.("warn", text);
      say(text);
    },
    warnFacts: (facts: readonly Fact[]) => {
      onSay?.("warn", renderFacts(facts, createStyle(false), Number.POSITIVE_INFINITY));
      write(renderFacts(facts, style, errorWidth(io)));
    },
  };
}

export const USUAL_WIDTH = 80;

/** Where lines on stderr are broken: only on a terminal. */
export function errorWidth({ stderr }: Io): number {
  return stderr.isTTY ? stderr.columns || USUAL_WIDTH : Number.POSITIVE_INFINITY;
}
