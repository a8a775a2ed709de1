import type { InStream, Io } from "./io.ts";

export interface Asking {
  /** Whose settings are in use; it stands before the question, in red where it is production. */
  profile?: { name: string; production: boolean } | undefined;
  /** Its abort ends the question, and the answer is no. */
  signal?: AbortSignal;
  /** y is not enough: this number, or word, has to be typed. For what a habit of answering y must not set off. */
  typed?: number | string;
  /** stdin is data, such as a file of openIds; the answer comes from the controlling terminal. */
  stdinTaken?: boolean;
}

type Streams = Pick<Io, "stdin" | "stderr" | "openTerminal">;

/** Whether there is a terminal to ask on and to answer from. `echo y |` is none: nobody has seen the question. */
export function canAsk(io: Streams, { stdinTaken = false }: Pick<Asking, "stdinTaken"> = {}): boolean {
  if (io.stderr.isTTY !== true) return false;
  // Even when stdin is the terminal: it has been read to its end by then, and a stream does not begin anew.
  if (!stdinTaken) return io.stdin.isTTY === true;
  const terminal = io.openTerminal();
  terminal?.destroy();
  return terminal !== undefined;
}

/**
 * Asks on stderr; anything but y or yes, or the number to be typed, is no, as are the end of the input and the signal.
 * The terminal stays in line mode, so that Ctrl-C reaches the process and not the question.
 */
export async function ask(io: Streams, question: string, asking: Asking = {}): Promise<boolean> {
  const { typed } = asking;
  const what = typeof typed === "number" ? "the number" : typed;
  const how = typed === undefined ? "[y/N]" : `Type ${what} to confirm:`;
  return isYes((await prompt(io, `${question} ${how} `, asking)) ?? "", typed);
}

/** Asks for a line of text; undefined when there is none, as at the end of the input and when the signal aborts. */
export async function prompt(
  io: Streams,
  question: string,
  { signal, stdinTaken }: Pick<Asking, "signal" | "stdinTaken"> = {},
): Promise<string | undefined> {
  const terminal = stdinTaken ? io.openTerminal() : undefined;
  const input = stdinTaken ? terminal : io.stdin;
  if (input === undefined) return undefined;
  try {
    const answer = await readAnswer(input, io.stderr, question, signal);
    if (answer === undefined) io.stderr.write("\n");
    return answer;
  } finally {
    // An open terminal keeps the process from ending.
    terminal?.destroy();
  }
}

/** The line that was typed; undefined when there was none. */
async function readAnswer(
  input: InStream,
  output: Io["stderr"],
  prompt: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  // An end that an earlier question has seen does not come again: this one would wait for ever.
  if (input.readableEnded) return undefined;
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input, output, terminal: false });
  let answer: string | undefined;
  const stop = () => reader.close();
  try {
    await new Promise<void>((resolve) => {
      reader.once("close", resolve);
      // A terminal that is gone (EIO) can't say yes.
      reader.once("error", stop);
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) return stop();
      reader.question(prompt, (text) => {
        answer = text;
        reader.close();
      });
    });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  return answer;
}

function isYes(answer: string, typed: Asking["typed"]): boolean {
  if (typed === undefined) return /^\s*y(es)?\s*$/i.test(answer);
  if (typeof typed === "string") return answer.trim() === typed;
  // As people write numbers, and as the question shows them: 20,000 or 20 000 or 20_000 or 20'000.
  const digits = answer.trim().replace(/(?<=\d)[,_'’\s](?=\d)/g, "");
  return /^\d+$/.test(digits) && Number(digits) === typed;
}
