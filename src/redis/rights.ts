import { SCRIPTS } from "./scripts.ts";

/** As ioredis attaches it to errors. */
export interface RefusedCommand {
  name?: string;
  args?: unknown[];
}

interface Needs {
  user?: string | undefined;
  patternOf?: ((key: string) => string | undefined) | undefined;
}

/** Error texts of Redis 6.2 to 8 and Valkey. */
const NO_KEY = /permissions to access (one of the keys|a key)|can't access at least one of the keys/i;
const NO_COMMAND = /^NOPERM|ACL failure in script|can't run this command/;

/** The right that a command lacked, and the ACL rule that grants it. Undefined when the message is about something else. */
export function rightsProblem(
  message: string,
  command: RefusedCommand | undefined,
  { user = "default", patternOf = () => undefined }: Needs,
): { what: string; hint: string } | undefined {
  const name = command?.name?.toLowerCase() ?? "a command";
  const script = scriptOf(command);
  const forWhat = script ? ` for ${script.name}` : "";
  if (NO_KEY.test(message)) {
    const patterns = [...new Set(keysOf(command).map((key) => patternOf(key) ?? key))];
    const what = `the Redis user '${user}' has no right to the keys ${patterns.join(" and ")}, which ${script?.name ?? name} needs`;
    return {
      what,
      hint: giveRights(
        user,
        patterns.map((pattern) => `~${pattern}`),
      ),
    };
  }
  if (!NO_COMMAND.test(message)) return undefined;
  const named = /run the '([^']+)' command/.exec(message)?.[1];
  // Redis 6.2 and 7.0 don't say which command of a script they refused.
  const commands = named ? [named] : (script?.commands ?? [name]);
  const which = commands.length === 1 ? "the command" : "one of the commands";
  const what = `the Redis user '${user}' has no right to ${which} ${commands.join(", ")}${forWhat}`;
  return {
    what,
    hint: giveRights(
      user,
      commands.map((each) => `+${each}`),
    ),
  };
}

/** Whether a message says that the user lacks the right to a key, or to the command. */
export function refusalOf(message: string): "key" | "command" | undefined {
  if (NO_KEY.test(message)) return "key";
  return NO_COMMAND.test(message) ? "command" : undefined;
}

function giveRights(user: string, rules: string[]): string {
  return `ACL SETUSER ${user} ${rules.join(" ")}; push-cli help redis lists all that push-cli needs`;
}

/** The script that an EVALSHA or EVAL ran. */
export function scriptOf({ name = "", args = [] }: RefusedCommand = {}) {
  if (!/^eval/i.test(name)) return undefined;
  const script = Object.values(SCRIPTS).find(({ sha1, source }) => args[0] === sha1 || args[0] === source);
  return script && { name: `${script.name}.lua`, commands: commandsIn(script.source) };
}

function commandsIn(source: string): string[] {
  const commands = [...source.matchAll(/\b(?:p?call|try_read)\("([A-Z]+)"/g)].map((match) =>
    match[1]!.toLowerCase(),
  );
  return [...new Set(commands)].sort();
}

function keysOf({ name = "", args = [] }: RefusedCommand = {}): string[] {
  const keys = /^eval/i.test(name) ? args.slice(2, 2 + Number(args[1])) : args.slice(0, 1);
  return keys.map(String);
}
