import { readFile } from "node:fs/promises";
import { messageOf, PushCliError, usageError } from "../errors.ts";
import { checkWholeFile, type WholeFileOptions, writeWholeFile } from "./whole-file.ts";

const OPTION = "--textfile-metrics";
/** Readable by node_exporter, which runs as another user. */
const WHOLE: WholeFileOptions = { option: OPTION, force: true, mode: 0o644 };

/** Rejects with a usage error where `writeMetrics` would fail, and leaves no trace. */
export async function checkMetricsFile(path: string): Promise<void> {
  if (!path.endsWith(".prom"))
    throw usageError(
      `${OPTION}: "${path}" does not end in .prom`,
      "node_exporter reads *.prom files only, in the folder of its --collector.textfile.directory",
    );
  await checkWholeFile(path, WHOLE);
}

/** Puts a text in the place of the file: who reads it meanwhile gets the old one or the new one. Rejects with an `output` error. */
export async function writeMetrics(path: string, text: string): Promise<void> {
  try {
    await writeWholeFile(path, text, WHOLE);
  } catch (error) {
    throw new PushCliError("output", `the metrics: ${messageOf(error)}`, {
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
