import { resolve } from "node:path";
import { usageError } from "../errors.ts";
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from "../log.ts";
import { type AppendFile, openToAppend } from "./append-file.ts";
import { formatTime, visibleJson } from "./format.ts";
import { createHiding } from "./hide-secrets.ts";

export interface LogOptions {
  /** What a terminal, or whatever stderr is, gets to see; absent: nothing. */
  shown?: { level: LogLevel; say(text: string): void } | undefined;
  /** Where lines of NDJSON go. */
  file?: { path: string; level: LogLevel } | undefined;
  /** Takes out of a text what looks like a secret; what `hide` was told of goes in any case. */
  redact(text: string): string;
  /** Told once when the file can't be written any more. */
  warn(text: string): void;
  /** Epoch ms. */
  now(): number;
}

export interface Log extends Logger {
  /** What stderr got to see beside this log, for the file alone. */
  said(level: LogLevel, event: string, text: string): void;
  /** Writes what is left. */
  close(): void;
}

/** One thing that happened, on its way to those who want to know. */
interface Entry {
  atMs: number;
  level: LogLevel;
  event: string;
  message: string;
  fields: LogFields;
}

/** Throws a usage error for what is no file. */
export function pathOfLog(given: string, folder: string): string {
  if (given !== "" && given !== "-") return resolve(folder, given);
  throw usageError(`--log-file: '${given}' is not a file`, "to log to stderr, use --verbose or --debug");
}

/** Undefined when nobody wants to know anything. Throws a usage error when the file can't be opened. */
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

/** "18:40:12.345 token: from Redis, good for 1 h 50 min" */
function renderShown({ atMs, event, message }: Entry): string {
  const ms = String(Math.floor(atMs) % 1000).padStart(3, "0");
  return `${formatTime(atMs).slice(-8)}.${ms} ${event}: ${message}`;
}

function renderLine({ atMs, level, event, message, fields }: Entry): string {
  return `${visibleJson({ at: new Date(atMs).toISOString(), level, event, message, ...fields })}\n`;
}

/** Traces come by the thousand: they are written together. */
const WRITE_EVERY_MS = 100;
const WRITE_AT_CHARS = 64 * 1024;

/** Lines of a log; after a failure, which is told once, they are dropped: no work is to end for its log. */
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
    /** `isUrgent`: it is in the file when this returns, with all before it. */
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
