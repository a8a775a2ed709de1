import { closeSync, createReadStream, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { readProblem } from "../config/config-file.ts";
import { usageError } from "../errors.ts";
import type { Io } from "../output/io.ts";

/** The file to read from, or stdin for "-". Throws a usage error at once when it can't be opened. */
export function openInput(path: string, io: Pick<Io, "stdin" | "cwd">): Readable {
  if (path === "-") return io.stdin;
  try {
    const fd = openSync(resolve(io.cwd, path), "r");
    // A directory can be opened, but not read.
    if (fstatSync(fd).isDirectory()) {
      closeSync(fd);
      throw Object.assign(new Error("directory"), { code: "EISDIR" });
    }
    return createReadStream("", { fd });
  } catch (error) {
    throw usageError(`cannot read "${path}": ${readProblem(error)}`, "give a file, or - to read from stdin");
  }
}
