import * as broadcast from "./broadcast.ts";
import * as consents from "./consents.ts";
import type { DocumentDefinition, Schema } from "./define.ts";
import { notification } from "./notification.ts";
import * as platform from "./platform.ts";
import * as pool from "./pool.ts";
import * as program from "./program.ts";
import { reportLine } from "./report-line.ts";
import { runDue } from "./run-due.ts";
import * as setup from "./setup.ts";
import * as suppress from "./suppress.ts";
import { reportWritten } from "./written-report.ts";

type Form = DocumentDefinition["form"];

function define(
  form: Form,
  name: string,
  commands: readonly string[],
  schema: Schema,
  title: string,
): DocumentDefinition {
  return { form, name, commands, schema, title, version: 1 };
}

/** Every document that push-cli prints or writes: the source of `--json=<fields>` and of `push-cli schema`. */
export const DOCUMENTS: readonly DocumentDefinition[] = [
  define(
    "document",
    "broadcast",
    ["broadcast send", "broadcast resume"],
    broadcast.broadcastResult,
    "Result of a broadcast",
  ),
  define("document", "broadcast-notification", [], notification, "Notification of a broadcast (--notify)"),
  define("document", "broadcast-dry-run", ["broadcast send"], broadcast.dryRun, "Dry run of a broadcast"),
  define(
    "document",
    "resume-dry-run",
    ["broadcast resume"],
    broadcast.resumeDryRun,
    "Dry run of resuming a broadcast",
  ),
  define(
    "lines",
    "broadcast-watch",
    ["broadcast watch"],
    broadcast.watchLine,
    "State of a broadcast at work",
  ),
  define(
    "document",
    "broadcast-run-due",
    ["broadcast run-due"],
    runDue,
    "Scheduled broadcasts that were begun",
  ),
  define("lines", "broadcast-list", ["broadcast list"], broadcast.broadcastLine, "Broadcast in a list"),
  define(
    "document",
    "broadcast-show",
    ["broadcast show", "broadcast pause", "broadcast cancel", "broadcast send"],
    broadcast.broadcastShown,
    "Broadcast",
  ),
  define(
    "document",
    "halt-dry-run",
    ["broadcast pause", "broadcast cancel"],
    broadcast.haltDryRun,
    "Dry run of pausing or cancelling",
  ),
  define("lines", "report-line", ["broadcast recipients"], reportLine, "Recipient in a report (--report)"),
  define("document", "broadcast-report", ["broadcast report"], reportWritten, "Written HTML report"),
  define(
    "document",
    "broadcast-delete",
    ["broadcast delete"],
    broadcast.broadcastDeleted,
    "Deleted broadcast",
  ),
  define("document", "pool-show", ["pool show"], pool.poolShown, "Pool of codes"),
  define("document", "pool-show-consents", ["pool show"], consents.consentPoolShown, "Pools of consents"),
  define("lines", "pool-list", ["pool list"], pool.poolLine, "Pool of codes in a list"),
  define(
    "lines",
    "pool-list-consents",
    ["pool list"],
    consents.consentPoolLine,
    "Pool of consents in a list",
  ),
  define("document", "pool-stats", ["pool stats"], pool.poolStats, "Statistics of codes"),
  define("document", "pool-stats-consents", ["pool stats"], consents.consentStats, "Statistics of consents"),
  define("document", "pool-import", ["pool import"], pool.poolImported, "Result of an import"),
  define("lines", "pool-export", ["pool export"], pool.exportLine, "Code in an export"),
  define(
    "lines",
    "pool-export-consents",
    ["pool export"],
    consents.consentExportLine,
    "Consent in an export",
  ),
  define("document", "pool-remove", ["pool remove"], pool.poolRemoved, "Result of a removal"),
  define("document", "purge", ["purge"], pool.purged, "Result of a purge"),
  define(
    "document",
    "suppress",
    ["suppress add", "suppress import"],
    suppress.suppressed,
    "Result of adding to the suppression list",
  ),
  define("lines", "suppress-list", ["suppress list"], suppress.suppressedLine, "Suppressed user"),
  define(
    "document",
    "suppress-remove",
    ["suppress remove"],
    suppress.unsuppressed,
    "Result of removing from the suppression list",
  ),
  define("document", "token-dry-run", ["token refresh"], platform.tokenPlan, "Dry run of a refresh"),
  define("document", "token", ["token show", "token refresh"], platform.tokenShown, "Access token"),
  define("document", "template-list", ["template list"], platform.templateList, "Templates of the account"),
  define("document", "template-show", ["template show"], platform.templateShown, "Template"),
  define("document", "channels", ["channels"], platform.channelList, "Channels"),
  define("document", "script-claim", ["script claim"], program.claimScript, "Script for backends"),
  define(
    "lines",
    "collector-log",
    ["collector start"],
    platform.collectorLogLine,
    "Line of the collector's log",
  ),
  define(
    "document",
    "collector-check",
    ["collector check"],
    platform.collectorChecked,
    "Check of a collector",
  ),
  define("document", "doctor", ["doctor"], setup.doctorChecks, "Checks of doctor"),
  define("document", "config-show", ["config show"], setup.configShown, "Settings"),
  define("document", "config-check", ["config check"], setup.configChecked, "Problems of the settings"),
  define("document", "config-path", ["config path"], setup.configPaths, "Configuration files"),
  define("document", "init", ["init"], setup.initialised, "First configuration file"),
  define("document", "sandbox", ["sandbox"], program.sandboxStarted, "Sandbox"),
  define("document", "demo", ["demo"], program.demoPlayed, "Demo"),
  define("document", "completion", ["completion"], program.completionScript, "Completion script"),
  define("document", "schema", ["schema"], program.schemaList, "List of the documents"),
  define("document", "help", ["help"], program.commandTree, "Command tree"),
  define("document", "manual-page", ["help"], program.manualPage, "Page of the manual"),
  define("document", "exit-codes", ["help"], program.exitCodes, "Exit codes"),
  define("document", "error", [], program.failure, "Error"),
];

/** Those that a command prints; several where its options or the channel decide which. */
export function documentsOf(command: string): DocumentDefinition[] {
  return DOCUMENTS.filter(({ commands }) => commands.includes(command));
}
