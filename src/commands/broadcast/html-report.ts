import { resolve } from "node:path";
import type { Command } from "commander";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import { shownRuns } from "../../broadcast/status.ts";
import { viewBroadcast } from "../../broadcast/view.ts";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted } from "../../output/format.ts";
import { checkWholeFile, writeWholeFile } from "../../output/whole-file.ts";
import type { Deps, RunAction } from "../deps.ts";
import { broadcastNeeds } from "./preflight.ts";
import { recountWithProgress } from "./recount.ts";
import { STDOUT } from "./report.ts";
import { collectReport } from "./report-data.ts";

const EXAMPLES = `
One self-contained page for those who ordered the message: what was sent, to how
many, when, and what failed. It needs no network and no script, and can be sent
by mail or printed. A broadcast that is running is shown as it stands now.

Examples:
  $ push-cli broadcast report 20261123-184012-k3f9 --html report.html
  $ push-cli broadcast report spring --html - | gzip > spring.html.gz`;

interface HtmlFlags {
  html?: string;
  full?: boolean;
  exact?: boolean;
  force?: boolean;
}

export function registerBroadcastReport(broadcast: Command, run: RunAction): void {
  broadcast
    .command("report <id>")
    .description("Write a report of a broadcast as an HTML page")
    .option("--html <file>", "The file to write (-: stdout)")
    .option("--full", "Show whole openIds of failed and unknown recipients")
    .option("--exact", "Recount from the ledgers")
    .option("--force", "Overwrite an existing file")
    .addHelpText("after", EXAMPLES)
    .action(run(report));
}

async function report(deps: Deps, flags: HtmlFlags, id: string): Promise<ExitName> {
  const { out } = deps;
  const { path, force } = await checkFlags(deps, flags, id);
  const needs = await broadcastNeeds(deps);
  // In this order, as in loadView.
  const runs = await shownRuns(needs, id);
  const record = await loadBroadcast(needs, id);
  const view = viewBroadcast(record, runs, flags.exact ? await recountWithProgress(deps, record) : undefined);
  const data = await collectReport(deps, view, flags.full === true);
  const { renderReport } = await import("../../report/page.ts");
  const page = renderReport(data);
  if (path === undefined) await out.text(page);
  else await writePage(deps, path, page, { id, takenAtMs: data.takenAtMs, force });
  return "done";
}

/** `path`: undefined for stdout. */
async function checkFlags({ io, out }: Deps, { html, force = false }: HtmlFlags, id: string) {
  if (html === undefined || html === "") {
    throw usageError(
      html === undefined ? "broadcast report needs --html <file>" : "--html: '' is not a file",
      `for a page to send on: push-cli broadcast report ${id} --html report.html; in the terminal: push-cli broadcast show ${id} --full`,
    );
  }
  if (html === STDOUT) {
    if (out.format === "json")
      throw usageError("--html - and --json can't be used together", "both would write to stdout");
    return { path: undefined, force };
  }
  const path = resolve(io.cwd, html);
  await checkWholeFile(path, { option: "--html", force });
  return { path, force };
}

async function writePage(
  { out }: Deps,
  path: string,
  page: string,
  { id, takenAtMs, force }: { id: string; takenAtMs: number; force: boolean },
): Promise<void> {
  await writeWholeFile(path, page, { option: "--html", force });
  const bytes = Buffer.byteLength(page);
  if (out.format === "json")
    out.json({ broadcastId: id, path, bytes, takenAt: new Date(takenAtMs).toISOString() });
  else out.talk(`wrote "${path}" (${formatCounted(bytes, "byte")})`);
}
