import { once } from "node:events";
import type { PermissionKind } from "../../broadcast/channel.ts";
import { type Report, type ReportLine, toDocument } from "../../broadcast/report.ts";
import { openInput } from "../../files/input-file.ts";
import { readRecords } from "../../files/records.ts";
import { openReport } from "../../output/report-file.ts";
import type { Deps } from "../deps.ts";

export interface BroadcastReport extends Report {
  close(): Promise<void>;
}

/** A report for a first run: nobody is in it yet, whatever else the file holds. */
export async function openFreshReport(path: string, spends: PermissionKind): Promise<BroadcastReport> {
  return asReport(await openReport(path), new Map(), spends);
}

/** A report for a later run: who is in the file already, with the same outcome, is not entered again from the ledger. */
export async function openLaterReport(
  deps: Deps,
  path: string,
  spends: PermissionKind,
): Promise<BroadcastReport> {
  // Opening first makes the file if need be, and mends a line that a kill left torn.
  const file = await openReport(path);
  const last = new Map<string, unknown>();
  const input = openInput(path, deps.io);
  for await (const { fields } of readRecords(input, { headless: [] })) {
    if (typeof fields.openId === "string") last.set(fields.openId, fields.outcome);
  }
  if (!input.closed) await once(input, "close");
  return asReport(file, last, spends);
}

/** `last`: the outcome in a user's last line. Somebody without a code may have got one, an unknown one a new try. */
function asReport(
  file: { write(line: object): void; close(): Promise<void> },
  last: Map<string, unknown>,
  spends: PermissionKind,
): BroadcastReport {
  return {
    write: (line: ReportLine) => {
      file.write(toDocument(line, spends));
      // A sweep that starts over meets those who ran out of codes again, but nobody else of this run's own.
      if (line.outcome === "no_code") last.set(line.openId, line.outcome);
    },
    writeUnlessThere: (line) => {
      if (last.get(line.openId) === line.outcome) return;
      file.write(toDocument(line, spends));
      last.set(line.openId, line.outcome);
    },
    close: () => file.close(),
  };
}
