import { messageOf, PushCliError } from "../errors.ts";
import type { OutStream } from "./io.ts";

/** A stream to write to that may fail or lose its reader at any time, without ending the process. */
export interface Sink {
  /** Dropped once the stream is closed. */
  write(text: string): void;
  /** Resolves when there is room again, or the reader is gone. Rejects with a PushCliError when writing failed. */
  drained(): Promise<void>;
  /** Resolves when everything is written, or the reader is gone. Rejects like `drained`. */
  flushed(): Promise<void>;
  /** Aborted when nothing can be written any more; the reason is a PushCliError. */
  readonly closed: AbortSignal;
}

const READER_GONE = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

const sinks = new WeakMap<OutStream, Sink>();

/** The sink of a stream, always the same one for a stream. `name` is for messages: "stdout". */
export function createSink(stream: OutStream, name: string): Sink {
  const known = sinks.get(stream);
  if (known) return known;
  const sink = buildSink(stream, name);
  sinks.set(stream, sink);
  return sink;
}

function buildSink(stream: OutStream, name: string): Sink {
  const closing = new AbortController();
  const closed = closing.signal;
  let failure: PushCliError | undefined;
  let draining: Promise<void> | undefined;

  const fail = (error: NodeJS.ErrnoException) => {
    if (closed.aborted) return;
    const gone = isReaderGone(error, stream);
    const message = gone
      ? `the reader of ${name} has closed it`
      : `cannot write to ${name}: ${messageOf(error)}`;
    const reason = new PushCliError("output", message, { cause: error });
    if (!gone) failure = reason;
    closing.abort(reason);
  };
  stream.on("error", fail);
  stream.on("close", () => fail(Object.assign(new Error("closed"), { code: "ERR_STREAM_DESTROYED" })));

  const throwFailure = () => {
    if (failure) throw failure;
  };
  return {
    closed,
    write: (text) => {
      if (!closed.aborted) stream.write(text);
    },
    drained: async () => {
      throwFailure();
      if (closed.aborted || !stream.writableNeedDrain) return;
      // One listener for all waiting callers: thousands of them would each cause a warning about a leak.
      draining ??= untilEither(closed, (done) => stream.once("drain", done)).finally(() => {
        draining = undefined;
      });
      await draining;
      throwFailure();
    },
    flushed: async () => {
      if (!closed.aborted)
        await untilEither(closed, (done) => stream.write("", (error) => (error ? fail(error) : done())));
      throwFailure();
    },
  };
}

/** `head` has seen enough, or the terminal was closed (EIO): not an error, unlike a full disk. */
function isReaderGone(error: NodeJS.ErrnoException, stream: OutStream): boolean {
  const code = error.code ?? "";
  return READER_GONE.has(code) || (code === "EIO" && stream.isTTY === true);
}

function untilEither(closed: AbortSignal, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      closed.removeEventListener("abort", done);
      resolve();
    };
    closed.addEventListener("abort", done);
    start(done);
  });
}
