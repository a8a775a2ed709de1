import type { InStream, Io } from "./io.ts";

export interface Asking {
  /** The profile in use; shown before the question, in red for production. */
  profile?: { name: string; production: boolean } | undefined;
  /** When it aborts, the question ends, and the answer is no. */
  signal?: AbortSignal;
  /**
   * y is not enough: this number or word has to be typed. For operations that must not be started by a habit of
   * answering y.
   */
  typed?: number | string;
  /** stdin is data, such as a file of openIds; the answer is read from the controlling terminal. */
  stdinTaken?: boolean;
}

type Streams = Pick<Io, "stdin" | "stderr" | "openTerminal">;

/**
 * Whether there is a terminal for both question and answer. `echo y |` does not count: nobody has seen the question.
 */
export function canAsk(io: Streams, { stdinTaken = false }: Pick<Asking, "stdinTaken"> = {}): boolean {
  if (io.stderr.isTTY !== true) return false;
  // Even when stdin is the terminal: it has been read to its end by then, and a stream can't be restarted.
  if (!stdinTaken) return io.stdin.isTTY === true;
  const terminal = io.openTerminal();
  terminal?.destroy();
  return terminal !== undefined;
}

/**
 * Asks on stderr; anything but y or yes, or the number to be typed, means no, and so do the end of the input and the
 * signal. The terminal stays in line mode, so that Ctrl-C reaches the process instead of the question.
 */
export async function ask(io: Streams, question: string, asking: Asking = {}): Promise<boolean> {
  const { typed } = asking;
  const what = typeof typed === "number" ? "the number" : typed;
  const how = typed === undefined ? "[y/N]" : `Type ${what} to confirm:`;
  return isYes((await prompt(io, `${question} ${how} `, asking)) ?? "", typed);
}

/** Asks for a line of text; undefined when there is none, because of the end of the input or the signal. */
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
    // An open terminal would keep the process from ending.
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
  // If an earlier question has seen the end, it is not emitted again: this question would wait forever.
  if (input.readableEnded) return undefined;
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input, output, terminal: false });
  let answer: string | undefined;
  const stop = () => reader.close();
  try {
    await new Promise<void>((resolve) => {
      reader.once("close", resolve);
      // A terminal that is gone (EIO) can't answer yes.
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
