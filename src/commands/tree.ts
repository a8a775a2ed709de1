import type { Command } from "commander";

/** The command that a noun stands for; commander keeps it, but does not show it. */
export function defaultOf(command: Command): Command | undefined {
  const name = (command as unknown as { _defaultCommandName: string | null })._defaultCommandName;
  return command.commands.find((child) => child.name() === name);
}

/** The first form of a command's usage, by its first name: `push-cli pool list [options]`. */
export function usageOf(command: Command): string {
  const [first = ""] = command.createHelp().commandUsage(command).split("\n");
  return first.replace(/\|[a-z]+/, "");
}

/** The command as a person types it: `push-cli pool show`, and `push-cli broadcast` for the command it stands for. */
export function pathOf(command: Command): string {
  return usageOf(command)
    .replace(/ [[<].*/, "")
    .replace(/\|\S+/g, "");
}
