import { closeSync, openSync, writeSync } from "node:fs";
import { messageOf } from "../errors.ts";

const OWNER_ONLY = 0o600;

/**
 * A file that several processes append lines to at the same time: each `append` is one write at the end of the file
 * (O_APPEND). A missing file is created, accessible only to its owner. Throws an Error whose message describes the problem.
 */
export interface AppendFile {
  append(text: string): void;
  close(): void;
}

export function openToAppend(path: string): AppendFile {
  const file = open(path);
  return {
    append: (text) => {
      const bytes = Buffer.from(text);
      let written: number;
      try {
        written = writeSync(file, bytes);
      } catch (error) {
        throw new Error(reasonOf(error), { cause: error });
      }
      if (written < bytes.length) throw new Error("only part of it was written; the disk may be full");
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    return openSync(path, "a", OWNER_ONLY);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder does not exist",
  EISDIR: "is a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

function reasonOf(error: unknown): string {
  return REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);
}
