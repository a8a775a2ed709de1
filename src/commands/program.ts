import { Command, Option } from "commander";
import type { Setting } from "../config/setting.ts";
import { FLAG_KEYS } from "../config/setting-keys.ts";
import type { SettingFlags } from "../config/settings.ts";
import { TABLE } from "../config/table.ts";
import type { RunAction } from "./deps.ts";
import { registerHelp } from "./help.ts";
import { globalOptionsHint, HELP_LAYOUT } from "./help-layout.ts";
import { NOUNS } from "./nouns.ts";
import { suggestingOption } from "./suggest.ts";

/** Options that every command takes. */
export interface GlobalOptions extends SettingFlags {
  json?: boolean;
  /** What jq is to make of the documents. */
  jq?: string;
  quiet?: boolean;
  color: boolean;
  /** Questions are answered with yes. */
  yes?: boolean;
  /** False with --no-input: nothing is asked. */
  input: boolean;
  debug?: boolean;
}

const EXAMPLES = `
Examples:
  # see all of it happen, on a Redis of its own
  $ push-cli demo
  # whose codes expire first
  $ push-cli pool list --sort expiry --limit 10
  # what a broadcast would do, then do it: it asks first
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords "a,b,c"
  # remove expired codes, from cron
  $ push-cli purge --quiet

Settings come from flags, PUSH_CLI_* variables and push-cli.config.json.
Options of a command: push-cli <command> --help
Exit codes: push-cli help exit-codes`;

/**
 * The command tree; `run` wraps what the commands do. With `words`, those of a command line, only the commands that these
 * name are there with all that they have: of the others their names.
 */
export async function buildProgram(
  version: string,
  run: RunAction,
  words?: readonly string[],
): Promise<Command> {
  const program = new Command("push-cli")
    .description("Operate the push-code (formId) pools of a mini program and broadcast template messages.")
    .version(version, "-V, --version", "print the version")
    .option("--json", "one JSON document on stdout (lists: NDJSON); errors as JSON on stderr")
    .option("--jq <expression>", "what jq makes of the JSON: '.outcomes.sent'; texts without quotes")
    .option("-q, --quiet", "suppress progress and informational messages; errors stay")
    .option("-y, --yes", "answer every question with yes")
    .option("--no-input", "never ask: what would need an answer is refused")
    .option("--no-color", "no colours (NO_COLOR works too)")
    .option("--debug", "stack traces with errors");
  for (const key of FLAG_KEYS) program.addOption(settingOption(TABLE[key]));
  program
    .option("--profile <name>", "profile of the configuration file")
    .option("--config <file>", "configuration file")
    .configureHelp(HELP_LAYOUT)
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  program.addHelpText("afterAll", ({ command }) => (command === program ? "" : globalOptionsHint(program)));
  for (const { name, description, load } of NOUNS) {
    const command = program.command(name).description(description);
    if (!words || words.includes(name)) (await load())(command, run);
  }
  registerHelp(program, run, () => buildProgram(version, run));
  return program;
}

function settingOption({ flag, what, choices }: Setting & { flag: string }): Option {
  return choices ? suggestingOption(flag, what, choices) : new Option(flag, what);
}
