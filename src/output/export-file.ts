import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, PushCliError, usageError } from "../errors.ts";

/** A new NDJSON file for data that is about to be removed elsewhere. */
export interface ExportFile {
  /** Resolves when the lines are on disk, to survive a power cut. Rejects with a PushCliError. */
  write(lines: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates the file. Rejects with a usage error when it can't be created, or exists: an older export may be the only copy
 * left.
 */
export async function createExportFile(path: string): Promise<ExportFile> {
  const handle = await openNew(path);
  await syncFolder(dirname(path));
  return {
    write: async (lines) => {
      try {
        await handle.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
        await handle.sync();
      } catch (error) {
        throw new PushCliError("output", `cannot write to "${path}": ${messageOf(error)}`, {
          hint: "only entries saved in the file were removed; fix this and run again with a new file",
          cause: error,
        });
      }
    },
    close: () => handle.close(),
  };
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = {
      EEXIST: "it already exists",
      ENOENT: "its folder does not exist",
    };
    const reason = reasons[code ?? ""] ?? messageOf(error);
    throw usageError(`cannot create "${path}": ${reason}`, "give --export a new file in an existing folder");
  }
}

/**
 * The directory entry of a new file has to be synced too. Some file systems don't support that, and a folder may be
 * writable without being readable; then it is up to the file system.
 */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
