import { type Command, Help, type HelpConfiguration } from "commander";
import { COMMANDS_FIRST, EXAMPLES_FIRST } from "./command.ts";

export { COMMANDS_FIRST };

/** How help looks on every level. */
export const HELP_LAYOUT: HelpConfiguration = {
  ...EXAMPLES_FIRST,
  // That a command has options is no news.
  subcommandTerm: (command) => {
    const args = command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    });
    return [command.name(), ...args].join(" ");
  },
  // Commander does not know that it may be cut down to fields: src/commands/json-fields.ts takes these off the command line.
  optionTerm: ({ long, flags }) => (long === "--json" ? `${flags}[=<field,...>]` : flags),
  // Not commander's own: it puts defaults into quotes, and lists the choices that descriptions explain anyway.
  optionDescription: ({ description, defaultValue, negate }) =>
    defaultValue === undefined || negate ? description : `${description} (default: ${defaultValue})`,
};

const WIDTH = 76;

/** The end of a command's help: that there are options beside its own. In full they would double its length. */
export function globalOptionsHint(program: Command): string {
  const names = program.options.flatMap(({ long }) => (long && long !== "--version" ? [long] : []));
  const lines = new Help().boxWrap(names.join(" "), WIDTH).split("\n");
  return `\nGlobal options (described in push-cli --help):\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
