import type { Command } from "commander";

/** The command that a noun stands for; commander keeps it, but does not show it. */
export function defaultOf(command: Command): Command | undefined {
  const name = (command as unknown as { _defaultCommandName: string | null })._defaultCommandName;
  return command.commands.find((child) => child.name() === name);
}

/** The forms of a command's usage, by its first name: `push-cli pool list [options]`, not `list|ls`. */
export function formsOf(command: Command): string[] {
  const lines = command.createHelp().commandUsage(command).split("\n");
  return lines.map((line) => line.replace(/(?<=\w)\|[a-z]+/, ""));
}

/** The first form of a command's usage: `push-cli pool show [options] <openId>`. */
export function usageOf(command: Command): string {
  return formsOf(command)[0] ?? "";
}

/** The command as a person types it: `push-cli pool show`, and `push-cli broadcast` for the command it stands for. */
export function pathOf(command: Command): string {
  return usageOf(command).replace(/ [[<].*/, "");
}
