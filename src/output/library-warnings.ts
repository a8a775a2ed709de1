import type { Logger } from "../log.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";

/**
 * Shows messages of libraries as warnings of ours, each once: --quiet silences them, and with --json, whose readers
 * expect nothing but documents, they are dropped. `reword` rewrites a text in our words and removes secrets. `output` is
 * called each time, because the flags are not known at the start. Returns a function that undoes this.
 */
export function relayLibraryWarnings(
  io: Pick<Io, "onLibraryWarning">,
  output: () => Pick<Output, "format" | "talk">,
  reword: (text: string) => string,
  log: () => Pick<Logger, "warn"> | undefined = () => undefined,
): () => void {
  const shown = new Set<string>();
  return io.onLibraryWarning((text) => {
    const out = output();
    // The rest of an error's text is its stack.
    const [line = ""] = text.trim().split("\n");
    const warning = `warning: ${reword(line)}`;
    // Logged each time, whether it is shown or not.
    log()?.warn("library", reword(text.trim()));
    if (out.format === "json" || shown.has(warning)) return;
    shown.add(warning);
    out.talk(warning);
  });
}
