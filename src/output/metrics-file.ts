import { randomUUID } from "node:crypto";
import { open, readFile, rename, stat, unlink } from "node:fs/promises";
import { messageOf, PushCliError, usageError } from "../errors.ts";

/** node_exporter runs as another user. */
const MODE = 0o644;
const OPTION = "--textfile-metrics";

/** Rejects with a usage error where `writeMetrics` would fail, and leaves no trace. */
export async function checkMetricsFile(path: string): Promise<void> {
  if (!path.endsWith(".prom"))
    throw usageError(
      `${OPTION}: "${path}" does not end in .prom`,
      "node_exporter reads *.prom files only, in the folder of its --collector.textfile.directory",
    );
  const found = await stat(path).catch(() => undefined);
  try {
    if (found?.isDirectory()) throw new Error("is a directory");
    const probe = temporaryOf(path);
    await (await open(probe, "wx")).close();
    await unlink(probe);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = isMissing ? "its folder does not exist" : messageOf(error);
    throw usageError(
      `${OPTION}: cannot write "${path}": ${why}`,
      "give a file in a folder that can be written",
    );
  }
}

/** Puts a text in the place of the file: who reads it meanwhile gets the old one or the new one. Rejects with an `output` error. */
export async function writeMetrics(path: string, text: string): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    const file = await open(temporary, "wx", MODE);
    try {
      // Whatever the umask says.
      await file.chmod(MODE);
      await file.writeFile(text);
      // Or a power cut could leave the new name with nothing behind it.
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // it may not have come about
    throw new PushCliError("output", `cannot write the metrics "${path}": ${messageOf(error)}`, {
      hint: `the work itself is done; give ${OPTION} a file in a folder that can be written`,
      cause: error,
    });
  }
}

/** The value of a series without labels, or of the first one, in a file that was written earlier. */
export async function readMetric(path: string, name: string): Promise<number | undefined> {
  // Without a file there is no earlier value, and with one that can't be read none that could be kept.
  const text = await readFile(path, "utf8").catch(() => "");
  const found = new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1];
  const value = Number(found ?? "");
  return found === undefined || Number.isNaN(value) ? undefined : value;
}

/** In the same folder, since a file system is not left by a rename, and by a name that node_exporter does not read. */
function temporaryOf(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}
