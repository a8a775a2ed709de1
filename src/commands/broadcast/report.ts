import { once } from "node:events";
import type { PermissionKind } from "../../broadcast/channel.ts";
import { type Report, type ReportLine, toDocument } from "../../broadcast/report.ts";
import { messageOf, PushCliError } from "../../errors.ts";
import { openInput } from "../../files/input-file.ts";
import { readRecords } from "../../files/records.ts";
import { visibleJson } from "../../output/format.ts";
import { openReport } from "../../output/report-file.ts";
import type { Deps } from "../deps.ts";

export interface BroadcastReport extends Report {
  /** Stdout is taken: what else a command prints there goes to stderr. */
  readonly isStdout: boolean;
  close(): Promise<void>;
}

/** What --report takes for stdout. */
export const STDOUT = "-";

type Lines = Pick<Awaited<ReturnType<typeof openReport>>, "write" | "close">;

/** A report for a first run: nobody is in it yet, whatever else the file holds. */
export async function openFreshReport(
  deps: Deps,
  path: string,
  spends: PermissionKind,
): Promise<BroadcastReport> {
  return asReport(path, path === STDOUT ? linesTo(deps.out) : await openReport(path), new Map(), spends);
}

/** A report for a later run: who is in the file already, with the same outcome, is not entered again from the ledger. */
export async function openLaterReport(
  deps: Deps,
  path: string,
  spends: PermissionKind,
): Promise<BroadcastReport> {
  if (path === STDOUT) return openFreshReport(deps, path, spends);
  // Opening first makes the file if need be, and mends a line that a kill left torn.
  const file = await openReport(path);
  const last = new Map<string, unknown>();
  const input = openInput(path, deps.io);
  for await (const { fields } of readRecords(input, { headless: [] })) {
    if (typeof fields.openId === "string") last.set(fields.openId, fields.outcome);
  }
  if (!input.closed) await once(input, "close");
  return asReport(path, file, last, spends);
}

/** Lines on stdout. As with a file, sending does not wait for them, nor end when nobody reads them any more. */
function linesTo({ text, closed }: Deps["out"]): Lines {
  let failure: unknown;
  return {
    write: (line) => {
      text(`${visibleJson(line)}\n`).catch((error: unknown) => {
        failure = error;
      });
    },
    close: async () => {
      if (!closed.aborted && failure === undefined) return;
      const why = messageOf(closed.aborted ? closed.reason : failure);
      throw new PushCliError("output", `the report on stdout is incomplete: ${why}`, {
        hint: "to list all recipients from the ledgers: push-cli broadcast recipients <id>",
        cause: failure,
      });
    },
  };
}

/** `last`: the outcome in a user's last line. Somebody without a code may have got one, an unknown one a new try. */
function asReport(
  path: string,
  file: Lines,
  last: Map<string, unknown>,
  spends: PermissionKind,
): BroadcastReport {
  return {
    isStdout: path === STDOUT,
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
