import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, PushCliError } from "../errors.ts";

/** Data that is read once and needed more than once, in pieces. */
export interface Spool<T> {
  add(piece: T): Promise<void>;
  /** Can be called any number of times. */
  read(): AsyncIterable<T>;
  close(): Promise<void>;
}

/** Kept in memory: a list of about 50,000 users. */
const MEMORY_BYTES = 4 * 1024 * 1024;

/**
 * Keeps pieces as JSON: the first few megabytes in memory, the rest in a file that is unlinked before it is written to,
 * so that nothing of it remains however the process ends. Rejects with `output` when there is no room for that file.
 */
export function createSpool<T>(): Spool<T> {
  const kept: Buffer[] = [];
  const places: { at: number; length: number }[] = [];
  let keptBytes = 0;
  let end = 0;
  let file: FileHandle | undefined;
  return {
    add: async (piece) => {
      const bytes = Buffer.from(JSON.stringify(piece));
      if (!file && keptBytes + bytes.length <= MEMORY_BYTES) {
        kept.push(bytes);
        keptBytes += bytes.length;
        return;
      }
      try {
        file ??= await openNameless();
        // Unlike one write, it continues until all is written.
        await file.appendFile(bytes);
      } catch (error) {
        throw noRoom(error);
      }
      places.push({ at: end, length: bytes.length });
      end += bytes.length;
    },
    async *read() {
      for (const bytes of kept) yield JSON.parse(bytes.toString()) as T;
      for (const { at, length } of places) {
        const { buffer } = await file!.read(Buffer.alloc(length), 0, length, at);
        yield JSON.parse(buffer.toString()) as T;
      }
    },
    close: async () => {
      await file?.close();
      file = undefined;
    },
  };
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "push-cli-"));
  try {
    return await open(join(folder, "rows"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function noRoom(error: unknown): PushCliError {
  return new PushCliError("output", `cannot keep the list in a file in ${tmpdir()}: ${messageOf(error)}`, {
    hint: "nothing was sent; make room there, or set TMPDIR to a folder that has some",
    cause: error,
  });
}
