import { type Command, Option } from "commander";
import type { Setting } from "../config/setting.ts";
import { FLAG_KEYS } from "../config/setting-keys.ts";
import type { SettingFlags } from "../config/settings.ts";
import { TABLE } from "../config/table.ts";
import { TOPICS } from "../help/topics.ts";
import { ExampledCommand } from "./command.ts";
import type { RunAction } from "./deps.ts";
import { registerHelp } from "./help.ts";
import { COMMANDS_FIRST, globalOptionsHint, HELP_LAYOUT } from "./help-layout.ts";
import { NOUNS } from "./nouns.ts";
import { addOutputOptions, type OutputFlags } from "./output-flags.ts";
import { suggestingOption } from "./suggest.ts";

/** Options that every command takes. */
export interface GlobalOptions extends OutputFlags, SettingFlags {
  quiet?: boolean;
  /** Questions are answered with yes. */
  yes?: boolean;
  /** False with --no-input: nothing is asked. */
  input: boolean;
  verbose?: boolean;
  debug?: boolean;
  logFile?: string;
  logLevel?: string;
}

const EXAMPLES = `
Examples:
  # See everything at work, on a private Redis
  $ push-cli demo
  # List the pools whose codes expire first
  $ push-cli pool list --sort expiry --limit 10
  # Preview a broadcast, then send it
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords "a,b,c"
  # Remove expired codes, from cron
  $ push-cli purge --quiet

Settings come from options, PUSH_CLI_* variables and push-cli.config.json.
For the options of a command, run push-cli <command> --help.`;

/** The end of the help of all. */
function listTopics(): string {
  const width = Math.max(...TOPICS.map(({ name }) => name.length));
  const lines = TOPICS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `\nManual pages (push-cli help <page>):\n${lines.join("\n")}`;
}

/**
 * The command tree; `run` wraps what the commands do. With `words`, those of a command line, only the commands that these
 * name are there with all that they have: of the others their names.
 */
export async function buildProgram(
  version: string,
  run: RunAction,
  words?: readonly string[],
): Promise<Command> {
  const program = new ExampledCommand("push-cli")
    .description("Manage the push-code pools of a mini program and broadcast template messages")
    .version(version, "-V, --version", "Print the version");
  program
    .usage("<command> [options]")
    .configureHelp({ ...HELP_LAYOUT, ...COMMANDS_FIRST })
    .helpOption("-h, --help", "Print help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES)
    .option("-q, --quiet", "Suppress progress and informational messages")
    .option("-y, --yes", "Answer yes to every question")
    .option("--no-input", "Never ask; fail if confirmation is required")
    .option("--profile <name>", "Profile of the configuration file to use")
    .option("--config <file>", "Path of the configuration file");
  addOutputOptions(program.optionsGroup("Output options:"));
  addLogOptions(program.optionsGroup("Logging options:"));
  for (const { heading, has } of SETTING_GROUPS) {
    program.optionsGroup(heading);
    for (const key of FLAG_KEYS.filter(has)) program.addOption(settingOption(TABLE[key]));
  }
  program.addHelpText("afterAll", ({ command }) =>
    command === program ? listTopics() : globalOptionsHint(program),
  );
  for (const { name, description, load, group } of NOUNS) {
    const command = program.commandsGroup(group).command(name).description(description);
    if (!words || words.includes(name)) (await load())(command, run);
  }
  registerHelp(program, run, () => buildProgram(version, run));
  return program;
}

/** The settings, by what one has to do with them. */
const SETTING_GROUPS = [
  { heading: "Connection options:", has: (key: string) => /^(redis|api|proxy)/.test(key) },
  { heading: "Channel, pool and token options:", has: (key: string) => !/^(redis|api|proxy)/.test(key) },
];

function addLogOptions(program: Command): Command {
  return program
    .option("--verbose", "Log decisions to stderr: settings, Redis, token, rates, retries")
    .option("--debug", "Also log Redis commands and HTTP requests (secrets redacted), and stack traces")
    .option("--log-file <file>", "Append the debug log to this file as NDJSON")
    .addOption(
      suggestingOption("--log-level <level>", "Level of the log file: debug (default), info or warn", [
        "debug",
        "info",
        "warn",
      ]),
    );
}

function settingOption({ flag, what, choices, suggestions = choices }: Setting & { flag: string }): Option {
  return suggestions ? suggestingOption(flag, what, suggestions) : new Option(flag, what);
}
