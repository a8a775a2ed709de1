import { PushCliError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Asking } from "../output/output.ts";
import type { Deps } from "./deps.ts";
import { stopAtSignal } from "./interrupt.ts";

/** The end of a sentence: why a question that has to be answered can't be asked. */
export function whyNotAsked({ out }: Deps): string {
  return out.noInput ? "--no-input is set" : "there is no terminal";
}

/**
 * Asks, with the name of the profile before the question; returns the signal that ended the question. `unchanged` is what a no means, such as "nothing was sent".
 * Rejects with it when the answer was no.
 */
export async function askFirst(
  deps: Deps,
  question: string,
  unchanged: string,
  asking: Omit<Asking, "signal"> = {},
): Promise<ExitName | undefined> {
  const { profile: name, production } = await deps.settings();
  const profile = name === undefined ? undefined : { name, production };
  const stop = stopAtSignal(deps);
  const yes = await deps.out.confirm(question, { ...asking, profile, signal: stop.signal });
  stop.undo();
  if (stop.exit) deps.out.talk(`interrupted; ${unchanged}`);
  else if (!yes) throw new PushCliError("confirm", `not confirmed; ${unchanged}`);
  return stop.exit;
}
