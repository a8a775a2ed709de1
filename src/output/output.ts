import { type Asking, ask, canAsk, prompt } from "./confirm.ts";
import { type DocumentView, PLAIN_VIEW } from "./document-view.ts";
import { type Fact, renderFacts } from "./facts.ts";
import { visibleLines } from "./format.ts";
import type { Io } from "./io.ts";
import { createMessages, errorWidth, type Messages, type OnSay, USUAL_WIDTH } from "./messages.ts";
import { createProgress, type Progress, silentProgress } from "./progress.ts";
import { type ErrorReport, renderError, renderErrorJson } from "./render-error.ts";
import { PAIR, type RowFormat, RowWriter, toPairs } from "./rows.ts";
import { createSink, type Sink } from "./sink.ts";
import { type ColorChoice, createStyle, hasColor, type Style } from "./style.ts";
import { type Cell, type Column, renderTable } from "./table.ts";
import { wrapWords } from "./wrap.ts";

export type { Asking } from "./confirm.ts";
export type { Fact } from "./facts.ts";
export type { Progress } from "./progress.ts";
export type { ErrorReport } from "./render-error.ts";
export type { Style } from "./style.ts";
export type { Cell, Column } from "./table.ts";

/** Who reads stdout: a person, who gets tables; a program that reads rows; or one that reads JSON. */
export type Format = "human" | "plain" | "json";

/** The values of --format. */
export type FormatChoice = "table" | "json" | RowFormat;

/**
 * Data goes to stdout, messages to stderr. Nothing that is printed can contain a control sequence other than our own colours,
 * whatever Redis or the API holds. A reader that is gone is not an error: see `closed`.
 */
export interface Output extends Messages {
  readonly format: Format;
  readonly quiet: boolean;
  /** `canAsk()`: stdin and stderr are terminals, and --no-input was not given. */
  readonly interactive: boolean;
  /** --no-input: never ask, even on a terminal. */
  readonly noInput: boolean;
  /** For stdout. */
  readonly style: Style;
  /** Of stdout; 80 if unknown. */
  readonly columns: number;
  /** Aborted when stdout accepts nothing more; long work whose only product is stdout should end then. */
  readonly closed: AbortSignal;
  /** The one document of a command, for programs: JSON, or a row for each of its values. Rejects like `line`. */
  document(document: object): Promise<void>;
  /** The same, but always as JSON. */
  json(document: unknown): void;
  /** One line of NDJSON; waits while the pipe is full. Rejects with a PushCliError when stdout can't be written. */
  line(document: unknown): Promise<void>;
  /** Many lines of NDJSON in one write. Waits and rejects like `line`. */
  lines(documents: readonly unknown[]): Promise<void>;
  /** Lines of data in their own format, including line ends. Waits and rejects like `line`. */
  text(lines: string): Promise<void>;
  /**
   * A long text, in the form that `text` takes: on a terminal shown with the pager, unless told otherwise. Waits and rejects
   * like `line`.
   */
  page(lines: string, options?: { pager?: boolean }): Promise<void>;
  /** A line of data for people and pipes. */
  data(text: string): void;
  /** What is known of something, a line for each fact: data for people. */
  facts(facts: readonly Fact[]): void;
  /** Rows, as a table or for programs. Rejects like `line`. */
  table(columns: readonly Column[], rows: readonly Cell[][]): Promise<void>;
  /** Also ends the live progress line. */
  error(error: ErrorReport): void;
  /** Ends the previous one if it is still shown. */
  progress(): Progress;
  /** Whether somebody can be asked; with `stdinTaken`, on the controlling terminal, whatever stdin is. */
  canAsk(options?: Pick<Asking, "stdinTaken">): boolean;
  /** No, without asking, when `canAsk` is false. */
  confirm(question: string, options?: Asking): Promise<boolean>;
  /** The line that is typed; undefined, without asking, when `canAsk` is false. */
  prompt(question: string, options?: Pick<Asking, "signal" | "stdinTaken">): Promise<string | undefined>;
  /** Ends the live progress line and waits until everything is written. Rejects like `line`. */
  flush(): Promise<void>;
  /** The same output with data on stderr, for when stdout is used otherwise. Has to be flushed separately. */
  onStderr(): Output;
}

export interface OutputOptions {
  /** Absent: tables on a terminal, rows separated by tabs elsewhere. */
  as?: FormatChoice | undefined;
  /** Whether rows start with a line of titles; by default for CSV and tables. */
  header?: boolean | undefined;
  quiet: boolean;
  color: ColorChoice;
  /** Never ask. */
  noInput?: boolean;
  /** How --json documents are shown; unchanged by default. */
  view?: DocumentView | undefined;
  onSay?: OnSay | undefined;
  /** Interval between lines of progress in a log; defaults to 10 s. */
  heartbeatMs?: number;
}

/** `clock` provides the times of progress lines in a log. */
export function createOutput(io: Io, options: OutputOptions, clock: { now(): number }): Output {
  const stdout = createSink(io.stdout, "stdout");
  const stderr = createSink(io.stderr, "stderr");
  const as = options.as ?? (io.stdout.isTTY ? "table" : "tsv");
  const noInput = options.noInput === true;
  const mayAsk: Output["canAsk"] = (asking) => !noInput && canAsk(io, asking);
  const color = hasColor(io.stderr, io.env, options.color);
  const talkStyle = createStyle(color);
  const messages = createMessages(io, stderr, options, talkStyle);
  const { talk } = messages;
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
    canAsk: mayAsk,
    closed: stdout.closed,
    ...data,
    ...documents,
    document: async (document) =>
      as === "json" ? documents.json(document) : data.table(PAIR, toPairs(document)),
    ...messages,
    error: (report) => {
      options.onSay?.("error", [report.message, ...(report.details ?? [])].join("; "));
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
      mayAsk(asking) &&
      ask(
        io,
        visibleLines(wrapWords(markProfile(asking?.profile, talkStyle) + question, errorWidth(io))),
        asking,
      ),
    prompt: async (question, asking) =>
      mayAsk(asking) ? prompt(io, visibleLines(question), asking) : undefined,
    flush: async () => {
      progress.done();
      // There is no way to report that stderr failed.
      await Promise.allSettled([stderr.flushed()]);
      await stdout.flushed();
      throwFailure();
    },
    onStderr: () => createOutput({ ...io, stdout: io.stderr }, options, clock),
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
        // The work that it reports on is done; its result is the exit code, unless everything went well.
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
    facts: (facts: readonly Fact[]) => stdout.write(`${visibleLines(renderFacts(facts, style, columns))}\n`),
    table: async (titles: readonly Column[], cells: readonly Cell[][]) => {
      if (rows) stdout.write(rows.render(titles, cells));
      else stdout.write(await renderTable(titles, cells, columns, style, header !== false));
      await stdout.drained();
    },
  };
}

/** For a pipe that is to show tables, COLUMNS determines the width; `watch` sets it. */
function tableWidth({ stdout, env }: Io): number {
  const told = /^[1-9]\d{0,3}$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : USUAL_WIDTH;
  return stdout.columns || told;
}
