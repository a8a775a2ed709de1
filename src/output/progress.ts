import { formatTime, visibleLines } from "./format.ts";
import type { Io, OutStream } from "./io.ts";
import { cutToWidth } from "./width.ts";

/** The progress of long work on stderr: a live line on a terminal, a line every 10 s in a log. */
export interface Progress {
  /**
   * Cheap: keeps `render` and calls it when the line is drawn, with the available width. If `isLive`, it may return several
   * lines, as an array; a line end inside a text does not start a new line.
   */
  update(render: Render): void;
  /** Ends the line; `lastLine` stays. Further calls do nothing. */
  done(lastLine?: string): void;
}

export type Render = (width: number, isLive: boolean) => string | readonly string[];

export interface ProgressNeeds {
  io: Pick<Io, "stderr" | "env">;
  talk(text: string): void;
  now(): number;
  heartbeatMs: number;
  color: boolean;
}

export const silentProgress: Progress = { update: () => {}, done: () => {} };

/** ora needs cursor control, and its frames would clutter the log of a build server. */
function canDraw(stderr: OutStream, env: Io["env"]): boolean {
  // ora clears as many rows as the line takes, which without a width is infinitely many.
  if (stderr.columns === 0) return false;
  return stderr.isTTY === true && "cursorTo" in stderr && env.TERM !== "dumb" && !env.CI;
}

export function createProgress(needs: ProgressNeeds): Progress {
  return canDraw(needs.io.stderr, needs.io.env) ? liveLine(needs) : heartbeat(needs);
}

/** At most 10 frames a second. */
const FRAME_MS = 100;
/** The spinner, two spaces, and the last column, where some terminals already wrap. */
const USED_COLUMNS = 4;

function liveLine(needs: ProgressNeeds): Progress {
  const stderr = needs.io.stderr;
  let render: Render | undefined;
  let spinner: { stop(): unknown } | undefined;
  let ended = false;

  const draw = () => {
    const width = Math.max(0, (stderr.columns ?? 80) - USED_COLUMNS);
    const lines = [render?.(width, true) ?? ""].flat();
    return lines.map((line) => cutToWidth(visibleLines(line), width)).join("\n");
  };
  const start = async () => {
    const { default: ora } = await import("ora");
    if (ended) return;
    spinner = ora({
      // As a function it is called once per frame, and again when a message has to be printed above it.
      suffixText: draw,
      stream: stderr as NodeJS.WriteStream,
      interval: FRAME_MS,
      color: needs.color ? "cyan" : false,
      isEnabled: true,
      // Otherwise ora puts the terminal into raw mode, and Ctrl-C no longer sends SIGINT.
      discardStdin: false,
    }).start();
  };
  return {
    update: (newest) => {
      const first = render === undefined;
      render = newest;
      if (first && !ended) void start();
    },
    done: (lastLine) => {
      if (ended) return;
      ended = true;
      spinner?.stop();
      if (lastLine !== undefined) needs.talk(lastLine);
    },
  };
}

/** Wide enough for every figure, narrow enough for a mail from cron. */
const LOG_WIDTH = 120;

function heartbeat(needs: ProgressNeeds): Progress {
  let render: Render | undefined;
  const timer = setInterval(() => {
    if (render) needs.talk(`${formatTime(needs.now())}  ${[render(LOG_WIDTH, false)].flat().join("  ")}`);
  }, needs.heartbeatMs);
  timer.unref();
  let ended = false;
  return {
    update: (newest) => {
      render = newest;
    },
    done: (lastLine) => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      if (lastLine !== undefined) needs.talk(lastLine);
    },
  };
}
