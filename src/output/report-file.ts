import { randomUUID } from "node:crypto";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { messageOf, PushCliError, usageError } from "../errors.ts";

/** An NDJSON file that lines are appended to. */
export interface Report {
  /** Never waits and never throws: lines are written about every 100 ms. After a failure they are dropped. */
  write(line: object): void;
  /** Why lines were lost, as soon as it is known. */
  readonly failed: PushCliError | undefined;
  /** Writes what is pending. Rejects with `failed`. */
  close(): Promise<void>;
}

/**
 * Opens `path` to append. A process killed while writing leaves half a line behind; that half is removed, so that the file
 * stays valid NDJSON. Rejects with a usage error for a file that can't be opened or is not a report.
 */
export async function openReport(path: string): Promise<Report> {
  const handle = await openFile(path);
  try {
    await mendTail(handle, path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return startWriting(handle, path);
}

/** Rejects as `openReport` would, and changes nothing: neither the file, nor its absence. */
export async function checkReport(path: string): Promise<void> {
  const kind = await kindOf(path);
  // A pipe has a reader, who would take the check for the end.
  if (kind === "other") return;
  if (kind === "missing") {
    // Creating a new file shows whether that is possible there; nothing else does so for every file system.
    const probe = `${path}.${randomUUID()}`;
    await (await openFile(probe, path)).close();
    await unlink(probe);
    return;
  }
  const handle = await openFile(path);
  try {
    await planMend(handle, path);
  } finally {
    await handle.close();
  }
}

async function kindOf(path: string): Promise<"missing" | "file" | "other"> {
  try {
    const info = await stat(path);
    return info.isFile() || info.isDirectory() ? "file" : "other";
  } catch (error) {
    // For any other error, opening the file gives a better message.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "file";
  }
}

const WRITE_EVERY_MS = 100;
const WRITE_AT_CHARS = 64 * 1024;
/** Our lines are a few hundred bytes; a file with a longer "line" is not a report. */
const LONGEST_LINE = 64 * 1024;

function startWriting(handle: FileHandle, path: string): Report {
  let waiting: string[] = [];
  let chars = 0;
  let cause: unknown;
  /** Number of lines missing in the file. */
  let lost = 0;
  let writing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const fail = (error: unknown) => {
    cause ??= error;
  };
  const writeNow = async () => {
    const lines = waiting;
    waiting = [];
    chars = 0;
    if (lines.length === 0) return;
    if (cause === undefined) lost += await appendLines(handle, lines, fail);
    else lost += lines.length;
    // A torn line would make the file invalid for its readers; if it can't be removed, the next `openReport` tries.
    if (cause !== undefined) await mendTail(handle, path).catch(() => undefined);
  };
  const writeOut = () => {
    clearTimeout(timer);
    timer = undefined;
    // In one chain: two appends at once could interleave.
    writing = writing.then(writeNow);
    return writing;
  };
  const failed = () => (cause === undefined ? undefined : writeError(path, cause, lost));
  return {
    get failed() {
      return failed();
    },
    write: (line) => {
      const text = `${JSON.stringify(line)}\n`;
      waiting.push(text);
      chars += text.length;
      if (chars >= WRITE_AT_CHARS) void writeOut();
      else timer ??= setTimeout(writeOut, WRITE_EVERY_MS);
    },
    close: async () => {
      await writeOut();
      await handle.close().catch(fail);
      const failure = failed();
      if (failure) throw failure;
    },
  };
}

/** Returns how many of the lines were not completely written; `onError` is called with the reason. */
async function appendLines(
  handle: FileHandle,
  lines: readonly string[],
  onError: (error: unknown) => void,
): Promise<number> {
  const bytes = Buffer.from(lines.join(""));
  let at = 0;
  try {
    while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten;
    return 0;
  } catch (error) {
    onError(error);
    const whole = bytes.subarray(0, at).reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
    return lines.length - whole;
  }
}

const NEWLINE = 10;

function writeError(path: string, cause: unknown, lost: number): PushCliError {
  const lacks = lost === 0 ? "" : `; ${lost === 1 ? "1 line is" : `${lost} lines are`} missing from the file`;
  return new PushCliError("output", `cannot write the report "${path}": ${messageOf(cause)}${lacks}`, {
    hint: "to list all recipients from the ledgers: push-cli broadcast recipients <id>",
    cause,
  });
}

/** `shown`: the path for messages. */
async function openFile(path: string, shown = path): Promise<FileHandle> {
  try {
    // "a+" and not "a": the tail has to be read, and opening a FIFO must not wait for its reader.
    return await open(path, "a+");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === "ENOENT" ? "its folder does not exist" : messageOf(error);
    const reason = code === "EISDIR" ? "is a directory" : missing;
    throw usageError(`cannot open the report "${shown}": ${reason}`, "give --report a writable file");
  }
}

/**
 * What has to be done to the end of a file before lines can be appended. Rejects with a usage error for a file that is not a
 * report.
 */
async function planMend(
  handle: FileHandle,
  path: string,
): Promise<{ truncate: number } | "newline" | undefined> {
  const info = await handle.stat();
  if (!info.isFile() || info.size === 0) return undefined;
  const start = Math.max(0, info.size - LONGEST_LINE);
  const { bytesRead, buffer } = await handle.read(
    Buffer.alloc(info.size - start),
    0,
    info.size - start,
    start,
  );
  const tailStart = buffer.lastIndexOf("\n", bytesRead) + 1;
  const tail = buffer.subarray(tailStart, bytesRead).toString("utf8");
  if (tail === "") return undefined;
  if (isJson(tail)) return "newline";
  if (!tail.startsWith("{") || (tailStart === 0 && start > 0)) {
    throw usageError(
      `cannot add to "${path}": its last line is not a report line`,
      "give --report a new file, or a report written by push-cli",
    );
  }
  return { truncate: start + tailStart };
}

async function mendTail(handle: FileHandle, path: string): Promise<void> {
  const plan = await planMend(handle, path);
  if (plan === "newline") await handle.appendFile("\n");
  else if (plan) await handle.truncate(plan.truncate);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
