import { resolve } from "node:path";
import { usageError } from "../errors.ts";
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from "../log.ts";
import { type AppendFile, openToAppend } from "./append-file.ts";
import { formatTime, visibleJson } from "./format.ts";
import { createHiding } from "./hide-secrets.ts";

export interface LogOptions {
  /** What is shown on stderr, terminal or not; absent: nothing. */
  shown?: { level: LogLevel; say(text: string): void } | undefined;
  /** The file for lines of NDJSON. */
  file?: { path: string; level: LogLevel } | undefined;
  /** Removes from a text what looks like a secret; secrets passed to `hide` are always removed. */
  redact(text: string): string;
  /** Called once when the file can no longer be written. */
  warn(text: string): void;
  /** Epoch ms. */
  now(): number;
}

export interface Log extends Logger {
  /** Logs, only to the file, what stderr has shown apart from this log. */
  said(level: LogLevel, event: string, text: string): void;
  /** Writes what is pending. */
  close(): void;
}

/** One event to be logged. */
interface Entry {
  atMs: number;
  level: LogLevel;
  event: string;
  message: string;
  fields: LogFields;
}

/** Throws a usage error for a path that is not a file. */
export function pathOfLog(given: string, folder: string): string {
  if (given !== "" && given !== "-") return resolve(folder, given);
  throw usageError(`--log-file: '${given}' is not a file`, "to log to stderr, use --verbose or --debug");
}

/** Undefined when neither output is wanted. Throws a usage error when the file can't be opened. */
export function openProgramLog(options: LogOptions): Log | undefined {
  const { shown, now, warn } = options;
  const file = options.file && openLogFile(options.file.path, warn);
  const fileLevel = options.file?.level;
  if (!shown && !file) return undefined;
  const hiding = createHiding(options.redact);
  const keep = (entry: Entry) => {
    const { level } = entry;
    if (file && fileLevel && includes(fileLevel, level)) file.write(renderLine(entry), level !== "debug");
  };
  const take =
    (level: LogLevel): Logger["info"] =>
    (event, message, fields = {}) => {
      const safe = hiding.text(message);
      const entry: Entry = { atMs: now(), level, event, message: safe, fields: hiding.fields(fields) };
      if (shown && includes(shown.level, level)) shown.say(renderShown(entry));
      keep(entry);
    };
  const isTraced = [shown?.level, fileLevel].includes("debug");
  return {
    warn: take("warn"),
    info: take("info"),
    debug: isTraced ? take("debug") : undefined,
    hide: hiding.hide,
    said: (level, event, text) => keep({ atMs: now(), level, event, message: hiding.text(text), fields: {} }),
    close: () => file?.close(),
  };
}

function includes(wanted: LogLevel, level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(wanted);
}

/** "18:40:12.345 token: taken from Redis, valid for 6600 s" */
function renderShown({ atMs, event, message }: Entry): string {
  const ms = String(Math.floor(atMs) % 1000).padStart(3, "0");
  return `${formatTime(atMs).slice(-8)}.${ms} ${event}: ${message}`;
}

function renderLine({ atMs, level, event, message, fields }: Entry): string {
  return `${visibleJson({ at: new Date(atMs).toISOString(), level, event, message, ...fields })}\n`;
}

/** There may be thousands of traces: they are written together. */
const WRITE_EVERY_MS = 100;
const WRITE_AT_CHARS = 64 * 1024;

/**
 * The lines of a log file; after a failure, which is reported once, they are dropped: a log must not end any
 * work.
 */
function openLogFile(path: string, warn: (text: string) => void) {
  let file: AppendFile | undefined = open(path);
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const writeOut = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = "";
    if (text === "" || !file) return;
    try {
      file.append(text);
    } catch (error) {
      file.close();
      file = undefined;
      warn(`warning: cannot write the log "${path}": ${(error as Error).message}; the log is incomplete`);
    }
  };
  return {
    /** `isUrgent`: it is in the file when this returns, together with all lines before it. */
    write: (line: string, isUrgent: boolean) => {
      waiting += line;
      if (isUrgent || waiting.length >= WRITE_AT_CHARS) writeOut();
      else timer ??= setTimeout(writeOut, WRITE_EVERY_MS);
    },
    close: () => {
      writeOut();
      file?.close();
      file = undefined;
    },
  };
}

function open(path: string): AppendFile {
  try {
    return openToAppend(path);
  } catch (error) {
    throw usageError(
      `--log-file: cannot open "${path}": ${(error as Error).message}`,
      "give --log-file a writable file",
    );
  }
}
