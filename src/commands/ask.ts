import { PushCliError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Asking } from "../output/output.ts";
import type { Deps } from "./deps.ts";

/** The end of a sentence: why a question that has to be answered can't be asked. */
export function whyNotAsked({ out }: Deps): string {
  return out.noInput ? "--no-input forbids to ask" : "there is no terminal to ask on";
}

/**
 * Asks; returns the signal that ended the question. `unchanged` is what a no means, such as "nothing was sent".
 * Rejects with it when the answer was no.
 */
export async function askFirst(
  { out, onInterrupt }: Deps,
  question: string,
  unchanged: string,
  asking: Omit<Asking, "signal"> = {},
): Promise<ExitName | undefined> {
  const stop = new AbortController();
  let interrupted: ExitName | undefined;
  const undo = onInterrupt((signal) => {
    interrupted = signal;
    stop.abort();
  });
  const yes = await out.confirm(question, { ...asking, signal: stop.signal });
  undo();
  if (interrupted) out.talk(`interrupted; ${unchanged}`);
  else if (!yes) throw new PushCliError("confirm", `not confirmed; ${unchanged}`);
  return interrupted;
}
