import {
  type AddHelpTextContext,
  type AddHelpTextPosition,
  type Argument,
  Command,
  Help,
  type HelpConfiguration,
} from "commander";
import { lineage } from "./words.ts";

/** Examples and what else stands below the description; by command. */
const EXAMPLES = new WeakMap<Command, string>();

/** A command whose help has its examples first: commander's own come last. All below it are such commands too. */
export class ExampledCommand extends Command {
  override createCommand(name?: string): Command {
    return new ExampledCommand(name);
  }

  override addHelpText(
    position: AddHelpTextPosition,
    text: string | ((context: AddHelpTextContext) => string),
  ): this {
    if (typeof text !== "string") return super.addHelpText(position, text);
    if (position !== "after") return super.addHelpText(position, text);
    EXAMPLES.set(this, text.trim());
    return this;
  }
}

/** What arguments are, by the noun and their name; each in one line. */
const ARGUMENTS: Record<string, string> = {
  "broadcast <templateId>": "Template id, as shown in the platform's console",
  "broadcast <id>": "Broadcast id, as shown by push-cli broadcast list",
  "pool <openId>": "openIds or pool keys, separated by spaces or commas; - reads stdin",
  "pool <file>": "NDJSON or CSV file (default: stdin, also -)",
  "suppress <openId>": "openIds or pool keys, separated by spaces or commas; - reads stdin",
  "suppress <file>": "NDJSON, CSV or plain lines (default: stdin, also -)",
  "template <id>": "Template id, as shown by push-cli template list",
  "help <topic>": "Page of the manual, or a command",
};

/** An argument's own description, or what its name means everywhere below that noun. */
export function describeArgumentOf(command: Command, argument: Argument): string {
  const noun = lineage(command).at(-2)?.name();
  return argument.description || (ARGUMENTS[`${noun} <${argument.name()}>`] ?? "");
}

/** Usage, description, examples, arguments; commands before options, which a noun has few of. */
export const EXAMPLES_FIRST: HelpConfiguration = layout("examples first");

/** For the help of the program: a screen of 24 lines shows all of its commands, the examples follow. */
export const COMMANDS_FIRST: HelpConfiguration = layout("commands first");

function layout(order: "examples first" | "commands first"): HelpConfiguration {
  return {
    visibleArguments: (command) => [...command.registeredArguments],
    formatHelp: (command, helper) => {
      helper.argumentDescription = (argument) => describeArgumentOf(command, argument);
      const text = Help.prototype.formatHelp.call(helper, command, helper);
      const [head = "", ...sections] = text.trimEnd().split(/\n\n(?=\S[^\n]*:\n {2})/);
      const isCommands = (section: string) =>
        commandHeadings(command, helper).some((one) => section.startsWith(one));
      const examples = EXAMPLES.get(command);
      const commands = sections.filter(isCommands);
      const shown = examples === undefined ? [] : [examples];
      const ordered = [
        head,
        ...(order === "commands first" ? [...commands, ...shown] : [...shown, ...commands]),
        ...sections.filter((section) => !isCommands(section)),
      ];
      return `${ordered.join("\n\n")}\n`;
    },
  };
}

function commandHeadings(command: Command, helper: Help): string[] {
  return helper.visibleCommands(command).map((child) => `${child.helpGroup() || "Commands:"}\n`);
}
