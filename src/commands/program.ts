import { type Command, Option } from "commander";
import type { Setting } from "../config/setting.ts";
import { FLAG_KEYS } from "../config/setting-keys.ts";
import type { SettingFlags } from "../config/settings.ts";
import { TABLE } from "../config/table.ts";
import { TOPICS } from "../help/topics.ts";
import { ExampledCommand } from "./command.ts";
import type { RunAction } from "./deps.ts";
import { registerHelp } from "./help.ts";
import { globalOptionsHint, HELP_LAYOUT } from "./help-layout.ts";
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
Options of a command: push-cli <command> --help`;

/** The end of the help of all. */
function listTopics(): string {
  const width = Math.max(...TOPICS.map(({ name }) => name.length));
  const lines = TOPICS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `\nPages of the manual, by push-cli help <page>:\n${lines.join("\n")}`;
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
    .description("Operate the push-code (formId) pools of a mini program and broadcast template messages.")
    .version(version, "-V, --version", "print the version");
  addOutputOptions(program)
    .option("-q, --quiet", "suppress progress and informational messages; errors stay")
    .option("-y, --yes", "answer every question with yes")
    .option("--no-input", "never ask: what would need an answer is refused");
  addLogOptions(program);
  for (const key of FLAG_KEYS) program.addOption(settingOption(TABLE[key]));
  program
    .option("--profile <name>", "profile of the configuration file")
    .option("--config <file>", "configuration file")
    .configureHelp(HELP_LAYOUT)
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  program.addHelpText("afterAll", ({ command }) =>
    command === program ? listTopics() : globalOptionsHint(program),
  );
  for (const { name, description, load } of NOUNS) {
    const command = program.command(name).description(description);
    if (!words || words.includes(name)) (await load())(command, run);
  }
  registerHelp(program, run, () => buildProgram(version, run));
  return program;
}

function addLogOptions(program: Command): Command {
  return program
    .option("--verbose", "say on stderr what is decided: settings, Redis, token, sweeps, rates, retries")
    .option("--debug", "also each Redis command and HTTP exchange, secrets left out; stack traces")
    .option("--log-file <file>", "append all of that to a file, as NDJSON, whatever the terminal shows")
    .addOption(
      suggestingOption("--log-level <level>", "of that file: debug (default), info, warn", [
        "debug",
        "info",
        "warn",
      ]),
    );
}

function settingOption({ flag, what, choices, suggestions = choices }: Setting & { flag: string }): Option {
  return suggestions ? suggestingOption(flag, what, suggestions) : new Option(flag, what);
}
