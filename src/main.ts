import { Writable } from "node:stream";
import type { Command } from "commander";
import { version } from "../package.json";
import { systemClock } from "./clock.ts";
import { checkOptionValues } from "./commands/check-values.ts";
import type { RunAction } from "./commands/deps.ts";
import { findHelp, help } from "./commands/help.ts";
import { takeJsonFields } from "./commands/json-fields.ts";
import { chooseOutput, guessOutput } from "./commands/output-flags.ts";
import { explainParseError } from "./commands/parse-error.ts";
import { buildProgram, type GlobalOptions } from "./commands/program.ts";
import { redactUrls } from "./config/redact-url.ts";
import { redactWords } from "./config/redact-words.ts";
import { messageOf, PushCliError } from "./errors.ts";
import { type ExitName, exitCode } from "./exit-codes.ts";
import type { AuditTrail } from "./output/audit-log.ts";
import { type DocumentView, PLAIN_VIEW, selectingView } from "./output/document-view.ts";
import type { Io } from "./output/io.ts";
import { relayLibraryWarnings } from "./output/library-warnings.ts";
import type { Log } from "./output/log.ts";
import { createOutput, type Output } from "./output/output.ts";
import { rewordClientWarning } from "./redis/client-warnings.ts";
import { createDeps } from "./wiring.ts";
import { auditOf, openLogOf, SIGNAL_NAMES } from "./wiring-log.ts";

/**
 * Runs one command line to its end and returns the exit code. Nothing is connected or loaded before a command asks for
 * it; whatever was opened is closed, and everything printed is written, when the promise resolves. Never rejects.
 */
export async function main(words: string[], io: Io): Promise<number> {
  if (Object.hasOwn(COMPLETE, words[0] ?? "")) return completeFor(words, io);
  // Before the command line is understood, how to report that it can't be is read off it directly.
  let out = createOutput(io, { quiet: false, ...guessOutput(words) }, systemClock);
  const debug = words.includes("--debug");
  let fields: string[] = [];
  let exit: ExitName = "done";
  let log: Log | undefined;
  let audit: AuditTrail | undefined;
  let undoEnd = () => {};
  const endNow = (name: ExitName) => endLogs(name, { out, log, audit, debug });
  const reword = (text: string) => redactUrls(rewordClientWarning(text));
  const undo = relayLibraryWarnings(
    io,
    () => out,
    reword,
    () => log,
  );
  const run: RunAction =
    (action) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      if (fields.length > 0) (await import("./commands/documents.ts")).checkFields(command, fields);
      out = createOutput(
        io,
        {
          ...(await chooseOutput(command, globals)),
          quiet: globals.quiet === true,
          noInput: !globals.input,
          view: await viewOf(fields, globals.jq),
          onSay: (how, text) => log?.said(how === "talk" ? "info" : "warn", how, text),
        },
        systemClock,
      );
      log = await openLogOf(globals, io, out, systemClock);
      audit = await auditOf(command, words, { io, version, clock: systemClock });
      undoEnd = io.beforeEnd(async (signal) => endNow(SIGNAL_NAMES[signal]));
      log?.info("command", `push-cli ${version}: ${redactWords(words).join(" ")}`, {
        version,
      });
      const { deps, close } = createDeps({ io, out, globals, version, runCli: main, log, audit, endNow });
      try {
        // Commander passes the arguments, then the options, then the command.
        exit = await action(deps, globals as never, ...(args.slice(0, -2) as never));
      } finally {
        await close();
      }
    };
  try {
    const taken = takeJsonFields(isVersion(words) ? ["--version"] : words);
    fields = taken.fields;
    await parseWith(run, taken.argv, io, out);
  } catch (error) {
    exit = error instanceof HelpShown ? "done" : report(error, out, debug);
    if (!debug && error instanceof Error) log?.debug?.("stack", error.stack ?? "");
  }
  exit = await flush(out, exit, debug);
  exit = endNow(exit);
  // A failure of this kind has been reported by then.
  await Promise.allSettled([out.flush()]);
  undoEnd();
  undo();
  return exitCode(exit);
}

/** Ends the audit log, which may fail, and the log. */
function endLogs(
  exit: ExitName,
  {
    out,
    log,
    audit,
    debug,
  }: { out: Output; log?: Log | undefined; audit?: AuditTrail | undefined; debug: boolean },
): ExitName {
  let ended = exit;
  try {
    audit?.end(exit);
  } catch (error) {
    const failed = report(error, out, debug);
    if (exit === "done") ended = failed;
  }
  log?.info("end", `exit code ${exitCode(ended)} (${ended})`, { exitCode: exitCode(ended), result: ended });
  log?.close();
  return ended;
}

/** What `--json=<fields>` and `--jq` make of documents: jq gets the fields alone. Rejects when jq does not understand its expression. */
async function viewOf(fields: readonly string[], jq: string | undefined): Promise<DocumentView> {
  const view = jq === undefined ? PLAIN_VIEW : await (await import("./output/jq.ts")).jqView(jq);
  return fields.length === 0 ? view : selectingView(fields, view);
}

async function parseWith(run: RunAction, argv: string[], io: Io, out: Output): Promise<void> {
  const program = await buildProgram(version, run, argv);
  for (const command of [program, ...descendants(program)]) prepare(command, io, out);
  try {
    checkOptionValues(program, argv);
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof HelpShown) || out.format !== "json" || !error.command) throw error;
    const { command } = error;
    const showHelp = run((deps) => help(deps, command, () => buildProgram(version, run)));
    await showHelp({}, findHelp(program));
  }
}

/** What commander prints and throws becomes ours. */
function prepare(command: Command, io: Io, out: Output): void {
  const width = () => io.stdout.columns || 100;
  command.exitOverride((error) => {
    if (error.code === "commander.version") throw new HelpShown();
    if (error.exitCode === 0 || error.code === "commander.help") throw new HelpShown(command);
    throw explainParseError(error, command);
  });
  command.configureOutput({
    writeOut: (text) => out.data(text.trimEnd()),
    // Commander's idea of where the help of a noun without a verb goes.
    writeErr: (text) => out.data(text.trimEnd()),
    outputError: () => undefined,
    getOutHelpWidth: width,
    getErrHelpWidth: width,
  });
  // A document takes its place.
  if (out.format === "json") command.outputHelp = () => undefined;
}

/** Other tools have a command for it. */
function isVersion(words: readonly string[]): boolean {
  return words.length === 1 && words[0] === "version";
}

/** What the scripts of `push-cli completion` call. `next`: the word at the cursor, an empty one, is not there. */
const COMPLETE: Record<string, "word" | "next"> = { __complete: "word", __complete_next: "next" };

async function completeFor([name = "", ...given]: string[], io: Io): Promise<number> {
  const { complete } = await import("./commands/completion/complete.ts");
  const words = COMPLETE[name] === "next" ? [...given, ""] : given;
  const program = await buildProgram(version, () => async () => undefined, words);
  // Between the words of a command line there is no place for what libraries or we have to say.
  const silent = { ...io, stderr: new Writable({ write: (_chunk, _encoding, done) => done() }) };
  const undo = io.onLibraryWarning(() => undefined);
  const out = createOutput(silent, { quiet: true, color: "never", noInput: true }, systemClock);
  const openDeps = (globals: Partial<GlobalOptions>) =>
    createDeps({
      io: silent,
      out,
      globals: { color: false, input: false, ...globals },
      version,
      runCli: main,
    });
  await out.text(await complete(words, { program, openDeps }));
  await out.flush();
  undo();
  return 0;
}

function descendants(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...descendants(command)]);
}

/** Tells the user about an error; returns the name of its exit code. */
function report(error: unknown, out: Output, debug: boolean): ExitName {
  const shown = toPushCliError(error);
  const { kind, message, hint, details } = shown;
  out.error({ code: kind, message, hint, details });
  if (debug && error instanceof Error) out.warn(error.stack ?? "");
  return shown.kind;
}

/** How commander ends after the version, and after the help of a command, which were printed by then unless with --json. */
class HelpShown extends Error {
  readonly command: Command | undefined;

  constructor(command?: Command) {
    super();
    this.command = command;
  }
}

function toPushCliError(error: unknown): PushCliError {
  if (error instanceof PushCliError) return error;
  return new PushCliError("unexpected", `unexpected error: ${messageOf(error)}`, {
    hint: "this is a bug in push-cli; run again with --debug and report it",
  });
}

async function flush(out: Output, exit: ExitName, debug: boolean): Promise<ExitName> {
  try {
    await out.flush();
    return exit;
  } catch (error) {
    const failed = report(error, out, debug);
    return exit === "done" ? failed : exit;
  }
}
