import { type Asking, ask, canAsk, prompt } from "./confirm.ts";
import { type DocumentView, PLAIN_VIEW } from "./document-view.ts";
import { visibleJson, visibleLines, visibleText } from "./format.ts";
import type { Io } from "./io.ts";
import { createProgress, type Progress, silentProgress } from "./progress.ts";
import { createSink, type Sink } from "./sink.ts";
import { createStyle, hasColor, type Style } from "./style.ts";
import { type Cell, type Column, renderRows, renderTable } from "./table.ts";

export type { Asking } from "./confirm.ts";
export type { Progress } from "./progress.ts";
export type { Style } from "./style.ts";
export type { Cell, Column } from "./table.ts";

/** What reads stdout: a person at a terminal, a pipe or file, or a script that gave --json. */
export type Format = "human" | "plain" | "json";

/**
 * Data goes to stdout, talk to stderr. Nothing that is printed can carry a control sequence other than our own
 * colours, whatever Redis or the API holds. Lost readers are no errors: see `closed`.
 */
export interface Output {
  readonly format: Format;
  readonly quiet: boolean;
  /** `canAsk()`: stdin and stderr are terminals, and --no-input was not given. */
  readonly interactive: boolean;
  /** --no-input: nothing is asked, even on a terminal. */
  readonly noInput: boolean;
  /** For stdout. */
  readonly style: Style;
  /** For stderr. */
  readonly talkStyle: Style;
  /** Aborted when stdout takes nothing more; long work whose only product is stdout should end then. */
  readonly closed: AbortSignal;
  /** The one document of a --json command. */
  json(document: unknown): void;
  /** One line of NDJSON; waits while the pipe is full. Rejects with a PushCliError when stdout can't be written. */
  line(document: unknown): Promise<void>;
  /** Many lines of NDJSON in one write. Waits and rejects like `line`. */
  lines(documents: readonly unknown[]): Promise<void>;
  /** Lines of data in a form of their own, line ends included. Waits and rejects like `line`. */
  text(lines: string): Promise<void>;
  /** A line of data for people and pipes. */
  data(text: string): void;
  /** Rejects like `line`. */
  table(columns: readonly Column[], rows: readonly Cell[][]): Promise<void>;
  /** A line on stderr that --quiet silences. */
  talk(text: string): void;
  /** A line on stderr that nothing silences. */
  warn(text: string): void;
  /** Also ends the live progress line. */
  error(error: ErrorReport): void;
  /** Ends the one before, if it is still up. */
  progress(): Progress;
  /** Whether there is somebody to ask; with `stdinTaken`, on the controlling terminal, whatever stdin is. */
  canAsk(options?: Pick<Asking, "stdinTaken">): boolean;
  /** No without asking when `canAsk` says so. */
  confirm(question: string, options?: Asking): Promise<boolean>;
  /** The line that is typed; undefined without asking when `canAsk` says so. */
  prompt(question: string, options?: Pick<Asking, "signal" | "stdinTaken">): Promise<string | undefined>;
  /** Ends the live progress line and waits until everything is written. Rejects like `line`. */
  flush(): Promise<void>;
}

export interface ErrorReport {
  code: string;
  message: string;
  hint?: string | undefined;
  /** Printed under the message; left out of the JSON document when there are none. */
  details?: readonly string[];
}

export interface OutputOptions {
  json: boolean;
  quiet: boolean;
  color: boolean;
  /** Never ask. */
  noInput?: boolean;
  /** How --json documents are shown; as they are unless given. */
  view?: DocumentView | undefined;
  /** Time between lines of progress in a log; 10 s. */
  heartbeatMs?: number;
}

/** `clock` stamps the lines of progress in a log. */
export function createOutput(io: Io, options: OutputOptions, clock: { now(): number }): Output {
  const stdout = createSink(io.stdout, "stdout");
  const stderr = createSink(io.stderr, "stderr");
  const format: Format = options.json ? "json" : io.stdout.isTTY ? "human" : "plain";
  const noInput = options.noInput === true;
  const mayAsk: Output["canAsk"] = (asking) => !noInput && canAsk(io, asking);
  const say = (text: string) => stderr.write(`${visibleLines(text)}\n`);
  const talk = (text: string) => {
    if (!options.quiet) say(text);
  };
  const color = hasColor(io.stderr, io.env, options.color);
  const talkStyle = createStyle(color);
  let progress = silentProgress;
  const { throwFailure, ...documents } = documentMethods(stdout, options.view ?? PLAIN_VIEW);

  return {
    format,
    quiet: options.quiet,
    get interactive() {
      return mayAsk();
    },
    noInput,
    talkStyle,
    canAsk: mayAsk,
    closed: stdout.closed,
    ...stdoutMethods(io, stdout, format, createStyle(hasColor(io.stdout, io.env, options.color))),
    ...documents,
    talk,
    warn: say,
    error: (report) => {
      progress.done();
      stderr.write(options.json ? renderErrorJson(report) : renderError(report, talkStyle));
    },
    progress: () => {
      progress.done();
      const heartbeatMs = options.heartbeatMs ?? 10_000;
      progress = options.quiet
        ? silentProgress
        : createProgress({ io, talk, now: () => clock.now(), heartbeatMs, color });
      return progress;
    },
    confirm: async (question, asking) =>
      mayAsk(asking) && ask(io, visibleLines(markProfile(asking?.profile, talkStyle) + question), asking),
    prompt: async (question, asking) =>
      mayAsk(asking) ? prompt(io, visibleLines(question), asking) : undefined,
    flush: async () => {
      progress.done();
      // Nobody is left to hear that stderr failed.
      await Promise.allSettled([stderr.flushed()]);
      await stdout.flushed();
      throwFailure();
    },
  };
}

/** `[live, production] `, in red; `[test] ` */
function markProfile(profile: Asking["profile"], style: Style): string {
  if (!profile) return "";
  const { name, production } = profile;
  return `${production ? style.red(`[${name}, production]`) : `[${name}]`} `;
}

function documentMethods(stdout: Sink, view: DocumentView) {
  let failure: unknown;
  const lines = async (documents: readonly unknown[]) => {
    stdout.write(view.lines(documents));
    await stdout.drained();
  };
  return {
    lines,
    line: (document: unknown) => lines([document]),
    json: (document: unknown) => {
      try {
        stdout.write(view.whole(document));
      } catch (error) {
        // The work that it tells of is done; how that went is the exit code, unless all was well.
        failure ??= error;
      }
    },
    throwFailure: () => {
      if (failure !== undefined) throw failure;
    },
  };
}

function stdoutMethods(io: Io, stdout: Sink, format: Format, style: Style) {
  return {
    style,
    text: (lines: string) => {
      stdout.write(visibleLines(lines));
      return stdout.drained();
    },
    data: (text: string) => stdout.write(`${visibleLines(text)}\n`),
    table: async (columns: readonly Column[], rows: readonly Cell[][]) => {
      const width = io.stdout.columns || 80;
      stdout.write(format === "human" ? await renderTable(columns, rows, width, style) : renderRows(rows));
      await stdout.drained();
    },
  };
}

function renderErrorJson({ code, message, hint, details = [] }: ErrorReport): string {
  const listed = details.length > 0 ? { details } : {};
  return `${visibleJson({ error: { code, message, ...listed, hint } })}\n`;
}

function renderError({ message, hint, details = [] }: ErrorReport, style: Style): string {
  const lines = details.map((detail) => `  ${visibleText(detail)}\n`).join("");
  const hintLine = hint === undefined ? "" : `${style.cyan("hint:")} ${visibleText(hint)}\n`;
  return `${style.red("error:")} ${visibleText(message)}\n${lines}${hintLine}`;
}
