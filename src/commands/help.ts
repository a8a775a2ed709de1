import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { type PushCliError, usageError } from "../errors.ts";
import { EXIT_CODES, type ExitName } from "../exit-codes.ts";
import { LANGUAGES, type Language, TOPICS } from "../help/topics.ts";
import type { Deps, RunAction } from "./deps.ts";
import type { PageFlags } from "./help-pages.ts";
import { TOOLS } from "./nouns.ts";
import { suggestingOption } from "./suggest.ts";
import { childOf } from "./words.ts";

const HELP_EXAMPLES = `
Examples:
  # Read a page of the manual
  $ push-cli help guarantees
  # Save the page as Markdown, for a browser or an editor
  $ push-cli help guarantees --jq .markdown > guarantees.md
  # Show the options of a command
  $ push-cli help pool list
  # List all commands and options as JSON, for programs
  $ push-cli help --json`;

/** `whole`: the program with all that its commands have, which `program` has of those alone that the command line names. */
export function registerHelp(program: Command, run: RunAction, whole: () => Promise<Command>): void {
  program
    .commandsGroup(TOOLS)
    .command("help [topic...]")
    .description("Show a manual page or the help of a command")
    .addOption(
      suggestingOption(
        "--lang <language>",
        "Language of the page: en or zh-CN (default: from the locale)",
        LANGUAGES,
      ),
    )
    .option("--no-pager", "Print the page directly instead of through $PAGER or less")
    .addHelpText("after", HELP_EXAMPLES)
    .action(
      run(async (deps, flags: HelpFlags, words: string[]) => {
        const pageFlags = { ...flags, lang: parseLanguage(flags.lang) };
        const [topic = "", ...more] = words;
        if (more.length > 0 || !TOPICS.some(({ name }) => name === topic))
          return help(deps, findCommand(program, words), whole);
        if (topic === EXIT_CODES_TOPIC && deps.out.format !== "human") return showExitCodes(deps);
        await (await import("./help-pages.ts")).showPage(deps, topic, pageFlags);
        return "done";
      }),
    );
}

/** The command that help is asked of, whoever is asked: its document has fields of its own. */
export function findHelp(program: Command): Command | undefined {
  return program.commands.find((command) => command.name() === "help");
}

type HelpFlags = Omit<PageFlags, "lang"> & { lang?: string };

/** Also as locales are written: `zh`, `zh_CN.UTF-8`. Throws a usage error for another one. */
function parseLanguage(given: string | undefined): Language | undefined {
  const wanted = given?.toLowerCase().slice(0, 2);
  const language = LANGUAGES.find((one) => one.slice(0, 2) === wanted);
  if (given !== undefined && !language)
    throw usageError(`the manual is not available in '${given}'`, `--lang takes ${LANGUAGES.join(" or ")}`);
  return language;
}

const EXIT_CODES_TOPIC = "exit-codes";

/** Help for people, or with --json a document of the command and all below it. */
export async function help(
  { out }: Deps,
  command: Command,
  whole: () => Promise<Command>,
): Promise<ExitName> {
  if (out.format !== "json") command.outputHelp();
  else {
    const { describeCommand } = await import("./help-document.ts");
    out.json(describeCommand(command.parent ? command : await whole()));
  }
  return "done";
}

function findCommand(program: Command, topic: string[]): Command {
  let found = program;
  for (const name of topic) {
    const next = childOf(found, name);
    if (!next)
      throw unknownTopic(topic, name, [
        ...found.commands.map((command) => command.name()),
        ...(found === program ? TOPICS.map((one) => one.name) : []),
      ]);
    found = next;
  }
  return found;
}

function unknownTopic(topic: string[], wrong: string, names: string[]): PushCliError {
  const meant = nearestWord(wrong, names);
  const hint = meant ? `did you mean ${meant}?` : "see push-cli --help for commands and pages";
  return usageError(`no help for '${topic.join(" ")}'`, hint);
}

async function showExitCodes({ out }: Deps): Promise<ExitName> {
  const codes = Object.entries(EXIT_CODES);
  if (out.format === "json") {
    out.json(codes.map(([name, { code, meaning }]) => ({ code, name, meaning })));
    return "done";
  }
  const columns = [{ title: "code", align: "right" as const }, { title: "meaning" }];
  await out.table(
    columns,
    codes.map(([, { code, meaning }]) => [code, meaning]),
  );
  return "done";
}
