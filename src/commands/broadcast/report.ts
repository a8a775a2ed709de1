import { once } from "node:events";
import type { Report, ReportLine } from "../../broadcast/report.ts";
import { openInput } from "../../config/input-file.ts";
import { readRecords } from "../../config/records.ts";
import { openReport } from "../../output/report-file.ts";
import type { Deps } from "../deps.ts";

export interface BroadcastReport extends Report {
  close(): Promise<void>;
}

/** A report for a first run: nobody is in it yet, whatever else the file holds. */
export async function openFreshReport(path: string): Promise<BroadcastReport> {
  return asReport(await openReport(path), new Set());
}

/** A report for a later run: who is in the file already is not entered again from the ledger. */
export async function openLaterReport(deps: Deps, path: string): Promise<BroadcastReport> {
  // Opening first makes the file if need be, and mends a line that a kill left torn.
  const file = await openReport(path);
  const there = new Set<string>();
  const input = openInput(path, deps.io);
  for await (const { fields } of readRecords(input, [])) {
    if (typeof fields.openId === "string") there.add(fields.openId);
  }
  if (!input.closed) await once(input, "close");
  return asReport(file, there);
}

function asReport(
  file: { write(line: object): void; close(): Promise<void> },
  there: Set<string>,
): BroadcastReport {
  return {
    write: (line: ReportLine) => file.write(line),
    writeUnlessThere: (line) => {
      if (there.has(line.openId)) return;
      file.write(line);
      // A sweep that starts over meets the same users again.
      there.add(line.openId);
    },
    close: () => file.close(),
  };
}
