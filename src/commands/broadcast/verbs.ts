import { nearestWord } from "../../config/nearest.ts";
import { usageError } from "../../errors.ts";

/** The verbs that there are. */
const VERBS = [
  "send",
  "resume",
  "run-due",
  "watch",
  "list",
  "show",
  "recipients",
  "report",
  "pause",
  "cancel",
  "delete",
];
/** Second names of some; too short for other words to be mistyped forms of them. */
const ALIASES = ["ls", "rm"];

/** Words of other tools, by the verb that does it here. */
const OTHER_WORDS: Record<string, string[]> = {
  "send <templateId>": [
    "start",
    "run",
    "begin",
    "create",
    "new",
    "add",
    "go",
    "launch",
    "trigger",
    "push",
    "broadcast",
  ],
  "send <templateId> --dry-run": [
    "test",
    "preview",
    "dry-run",
    "dryrun",
    "check",
    "count",
    "validate",
    "try",
  ],
  "resume <id>": [
    "retry",
    "rerun",
    "redo",
    "continue",
    "restart",
    "recover",
    "unpause",
    "resend",
    "join",
    "reopen",
  ],
  "run-due": ["due", "cron", "rundue", "run_due", "tick"],
  "send <templateId> --at <time>": ["schedule", "at", "later", "defer", "delay", "timer"],
  "watch <id>": ["follow", "tail", "log", "logs", "monitor", "progress", "top", "wait"],
  list: ["all", "history", "recent"],
  "show <id>": [
    "status",
    "state",
    "info",
    "get",
    "describe",
    "inspect",
    "view",
    "details",
    "detail",
    "stats",
    "stat",
  ],
  "recipients <id>": ["export", "users", "failed", "failures", "errors", "unknown", "dump", "download"],
  "report <id> --html report.html": ["html", "page", "summary", "chart"],
  "pause <id>": ["stop", "halt", "hold", "suspend", "interrupt", "quit", "exit", "end"],
  "cancel <id>": ["abort", "kill", "terminate", "undo", "revoke", "recall"],
  "delete <id>": ["remove", "del", "drop", "purge", "clean", "clear", "prune"],
  "--help": [
    "help",
    "version",
    "edit",
    "update",
    "set",
    "copy",
    "clone",
    "config",
    "init",
    "template",
    "templates",
    "pool",
  ],
};

/** A longer word that is close to one of ours is so by chance: real template ids have 43 characters. */
const MISTAKE = /^[a-z]{3,11}$/;
/** Shorter words of others are too many, and too close to what templates are called: `news` is not a mistyped `new`. */
const SHORTEST_OTHER = 5;

/**
 * `broadcast <templateId>` is the default verb, so a word that is no verb of ours would become a template, and be sent to
 * everybody. Throws a usage error with the command that was probably meant for a verb, for the words of other tools, and
 * for what is nearly one of them; `broadcast send <templateId>` says for certain that a template is meant.
 */
export function checkNotAWord(templateId: string): void {
  const word = templateId.toLowerCase();
  const asTemplate = `if it is a template id: push-cli broadcast send ${templateId}`;
  if (VERBS.includes(word) || ALIASES.includes(word)) {
    throw usageError(
      `'${templateId}' is a command; its options go after it`,
      `see push-cli broadcast ${word} --help; ${asTemplate}`,
    );
  }
  const meant = commandMeantBy(word);
  const near = meant ? undefined : wordNearTo(word);
  if (!meant && !near) return;
  throw usageError(
    meant
      ? `'${templateId}' is not a template id`
      : `'${templateId}' looks like a mistyped '${near}', not like a template id`,
    `did you mean push-cli broadcast ${meant ?? commandMeantBy(near ?? "") ?? near}? ${asTemplate}`,
  );
}

/** What does here what the word does elsewhere. */
function commandMeantBy(word: string): string | undefined {
  return Object.keys(OTHER_WORDS).find((command) => OTHER_WORDS[command]?.includes(word));
}

function wordNearTo(word: string): string | undefined {
  if (!MISTAKE.test(word)) return undefined;
  const others = Object.values(OTHER_WORDS).flat();
  const longOthers = others.filter((other) => other.length >= SHORTEST_OTHER);
  return nearestWord(word, VERBS) ?? nearestWord(word, longOthers);
}
