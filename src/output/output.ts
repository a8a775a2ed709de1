import { type Asking, ask, canAsk, prompt } from "./confirm.ts";
import { type DocumentView, PLAIN_VIEW } from "./document-view.ts";
import { visibleLines } from "./format.ts";
import type { Io } from "./io.ts";
import { createProgress, type Progress, silentProgress } from "./progress.ts";
import { type ErrorReport, renderError, renderErrorJson } from "./render-error.ts";
import { PAIR, type RowFormat, RowWriter, toPairs } from "./rows.ts";
import { createSink, type Sink } from "./sink.ts";
import { type ColorChoice, createStyle, hasColor, type Style } from "./style.ts";
import { type Cell, type Column, renderTable } from "./table.ts";
import { wrapWords } from "./wrap.ts";

export type { Asking } from "./confirm.ts";
export type { Progress } from "./progress.ts";
export type { ErrorReport } from "./render-error.ts";
export type { Style } from "./style.ts";
export type { Cell, Column } from "./table.ts";

/** What reads stdout: a person, who gets tables; a program that reads rows; or one that reads JSON. */
export type Format = "human" | "plain" | "json";

/** What --format can ask for. */
export type FormatChoice = "table" | "json" | RowFormat;

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
  /** Of stdout; 80 where it does not know. */
  readonly columns: number;
  /** For stderr. */
  readonly talkStyle: Style;
  /** Aborted when stdout takes nothing more; long work whose only product is stdout should end then. */
  readonly closed: AbortSignal;
  /** The one document of a command; not for people: JSON, or a row for each of its values. Rejects like `line`. */
  document(document: object): Promise<void>;
  /** The same, as JSON in any case. */
  json(document: unknown): void;
  /** One line of NDJSON; waits while the pipe is full. Rejects with a PushCliError when stdout can't be written. */
  line(document: unknown): Promise<void>;
  /** Many lines of NDJSON in one write. Waits and rejects like `line`. */
  lines(documents: readonly unknown[]): Promise<void>;
  /** Lines of data in a form of their own, line ends included. Waits and rejects like `line`. */
  text(lines: string): Promise<void>;
  /** A long text, as `text` takes it: on a terminal through the pager, unless told otherwise. Waits and rejects like `line`. */
  page(lines: string, options?: { pager?: boolean }): Promise<void>;
  /** A line of data for people and pipes. */
  data(text: string): void;
  /** Rows, in a table or for programs. Rejects like `line`. */
  table(columns: readonly Column[], rows: readonly Cell[][]): Promise<void>;
  /** A line on stderr that --quiet silences. */
  talk(text: string): void;
  /** A line of --verbose or --debug: talk that `onSay` is not told of. */
  trace(text: string): void;
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
  /** The same output with data on stderr, for when stdout is taken. Is flushed on its own. */
  onStderr(): Output;
}

export interface OutputOptions {
  /** Absent: tables on a terminal, rows separated by tabs elsewhere. */
  as?: FormatChoice | undefined;
  /** Whether rows begin with a line of titles; absent: those of CSV and tables do. */
  header?: boolean | undefined;
  quiet: boolean;
  color: ColorChoice;
  /** Never ask. */
  noInput?: boolean;
  /** How --json documents are shown; as they are unless given. */
  view?: DocumentView | undefined;
  /** Told what is said on stderr, --quiet or not: for a log. */
  onSay?: ((how: "talk" | "warn" | "error", text: string) => void) | undefined;
  /** Time between lines of progress in a log; 10 s. */
  heartbeatMs?: number;
}

/** `clock` stamps the lines of progress in a log. */
export function createOutput(io: Io, options: OutputOptions, clock: { now(): number }): Output {
  const stdout = createSink(io.stdout, "stdout");
  const stderr = createSink(io.stderr, "stderr");
  const as = options.as ?? (io.stdout.isTTY ? "table" : "tsv");
  const noInput = options.noInput === true;
  const mayAsk: Output["canAsk"] = (asking) => !noInput && canAsk(io, asking);
  const { onSay } = options;
  const say = (text: string) => stderr.write(`${visibleLines(text)}\n`);
  const trace = (text: string) => {
    if (!options.quiet) say(text);
  };
  const talk = (text: string) => {
    onSay?.("talk", text);
    trace(text);
  };
  const color = hasColor(io.stderr, io.env, options.color);
  const talkStyle = createStyle(color);
  let progress = silentProgress;
  const { throwFailure, ...documents } = documentMethods(stdout, options.view ?? PLAIN_VIEW);
  const data = stdoutMethods(io, stdout, as, options);

  return {
    format: as === "json" ? "json" : as === "table" ? "human" : "plain",
    quiet: options.quiet,
    get interactive() {
      return mayAsk();
    },
    noInput,
    talkStyle,
    canAsk: mayAsk,
    closed: stdout.closed,
    ...data,
    ...documents,
    document: async (document) =>
      as === "json" ? documents.json(document) : data.table(PAIR, toPairs(document)),
    talk,
    trace,
    warn: (text) => {
      onSay?.("warn", text);
      // A warning is a sentence; other lines are commands to copy, or rows.
      say(wrapWords(text, errorWidth(io), 2));
    },
    error: (report) => {
      onSay?.("error", [report.message, ...(report.details ?? [])].join("; "));
      progress.done();
      stderr.write(as === "json" ? renderErrorJson(report) : renderError(report, talkStyle, errorWidth(io)));
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
    onStderr: () => createOutput({ ...io, stdout: io.stderr }, options, clock),
  };
}

const USUAL_WIDTH = 80;

/** Where lines on stderr are broken: only on a terminal. */
function errorWidth({ stderr }: Io): number {
  return stderr.isTTY ? stderr.columns || USUAL_WIDTH : Number.POSITIVE_INFINITY;
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

function stdoutMethods(io: Io, stdout: Sink, as: FormatChoice, { header, color }: OutputOptions) {
  const style = createStyle(hasColor(io.stdout, io.env, color));
  const rows = as === "table" || as === "json" ? undefined : new RowWriter(as, header);
  const columns = tableWidth(io);
  const text = (lines: string) => {
    stdout.write(visibleLines(lines));
    return stdout.drained();
  };
  return {
    style,
    columns,
    text,
    page: async (lines: string, { pager = true }: { pager?: boolean } = {}) => {
      const isPaged =
        pager && as === "table" && io.stdout.isTTY === true && (await io.showInPager(visibleLines(lines)));
      if (!isPaged) await text(lines);
    },
    data: (text: string) => stdout.write(`${visibleLines(text)}\n`),
    table: async (titles: readonly Column[], cells: readonly Cell[][]) => {
      if (rows) stdout.write(rows.render(titles, cells));
      else stdout.write(await renderTable(titles, cells, columns, style, header !== false));
      await stdout.drained();
    },
  };
}

/** Of a pipe that is to have tables, the variable tells, which `watch` sets. */
function tableWidth({ stdout, env }: Io): number {
  const told = /^[1-9]\d{0,3}$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : USUAL_WIDTH;
  return stdout.columns || told;
}
