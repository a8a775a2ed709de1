import type { Output } from "../../output/output.ts";

export type LogRecord = Readonly<Record<string, unknown>>;

/** A log as JSON lines on stdout. */
export interface Log {
  /** Never throws and never waits. */
  write(record: LogRecord): void;
  /** Resolves when all is handed to stdout, or stdout is lost: what is lost, `main` tells at the end. */
  flushed(): Promise<void>;
}

/** Of a reader that has stopped reading: what is more is dropped, and counted, because memory must not grow with the requests. */
const MAX_WAITING = 10_000;

/** `now`: epoch ms, for what the log itself has to say. */
export function openLog(out: Pick<Output, "lines" | "closed">, now: () => number): Log {
  let waiting: LogRecord[] = [];
  let dropped = 0;
  let pump: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    // The records of one turn in one write.
    await Promise.resolve();
    while (waiting.length > 0 && !out.closed.aborted) {
      const batch = waiting;
      waiting = [];
      if (dropped > 0) {
        batch.push({
          at: new Date(now()).toISOString(),
          level: "warn",
          event: "log_dropped",
          lines: dropped,
        });
        dropped = 0;
      }
      await out.lines(batch);
    }
    waiting = [];
  }

  return {
    write: (record) => {
      if (waiting.length >= MAX_WAITING) dropped++;
      else waiting.push(record);
      // A collector whose log can't be written still takes reports; `out.closed` is aborted by then.
      pump ??= writeAll()
        .catch(() => {
          waiting = [];
        })
        .finally(() => {
          pump = undefined;
        });
    },
    flushed: async () => {
      while (pump) await pump;
    },
  };
}
