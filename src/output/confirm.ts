import type { Io } from "./io.ts";

/**
 * Asks a yes/no question on stderr; anything but y or yes is no, as are the end of the input and `signal`.
 * The terminal stays in line mode, so that Ctrl-C reaches the process and not the question.
 */
export async function askYesNo(
  io: Pick<Io, "stdin" | "stderr">,
  question: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { createInterface } = await import("node:readline");
  const reader = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  let answer: string | undefined;
  const stop = () => reader.close();
  try {
    await new Promise<void>((resolve) => {
      reader.once("close", resolve);
      // A terminal that is gone (EIO) can't say yes.
      reader.once("error", stop);
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) return stop();
      reader.question(`${question} [y/N] `, (text) => {
        answer = text;
        reader.close();
      });
    });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  if (answer === undefined) io.stderr.write("\n");
  return /^\s*y(es)?\s*$/i.test(answer ?? "");
}
