import { type Fact, renderFacts } from "./facts.ts";
import { visibleLines } from "./format.ts";
import type { Io } from "./io.ts";
import type { Output, OutputOptions } from "./output.ts";
import type { Sink } from "./sink.ts";
import { createStyle, type Style } from "./style.ts";
import { wrapWords } from "./wrap.ts";

/** What is said on stderr, wrapped to its terminal. */
export function createMessages(
  io: Io,
  stderr: Sink,
  { onSay, quiet }: Pick<OutputOptions, "onSay" | "quiet">,
  style: Style,
): Pick<Output, "talk" | "trace" | "warn" | "warnFacts"> {
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
