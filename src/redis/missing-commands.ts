import { type RefusedCommand, scriptOf } from "./rights.ts";

/** Error texts of Redis, of proxies in front of it, and of services that forbid commands to normal users. */
const MISSING =
  /unknown command|Unknown Redis command called from|command.* is not allowed|not support for normal user/i;
/** Services that inspect scripts: every key must appear in its call as KEYS[i]. */
const BAD_SCRIPT = /bad lua script/i;
/** Redis before 5 replicates scripts as they are, and requires them to be deterministic. */
const OLD_SCRIPTS = /Write commands not allowed after non deterministic commands/;

/** What push-cli can't do without a command. */
const NEEDS: Record<string, string> = {
  eval: "push-cli needs it for its scripts, which take a code and record that in one step; ",
  scan: "push-cli needs it to find pools and ledgers, which a broadcast with --to or --to-file does without; ",
  time: "push-cli needs it to tell whether a code has expired; ",
};

/** Whether an answer says that there is no such command. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError" && saysMissing(error.message);
}

/** The same for an error's message, as scripts pass it on. */
export function saysMissing(message: string): boolean {
  return MISSING.test(message);
}

/** Describes the command or script that this Redis does not support. Undefined when the message is about something else. */
export function missingProblem(
  message: string,
  command: RefusedCommand | undefined,
): { what: string; hint: string } | undefined {
  const script = scriptOf(command);
  if (OLD_SCRIPTS.test(message)) {
    return { what: "this Redis is older than 5.0", hint: "push-cli needs Redis or Valkey 5.0 or newer" };
  }
  if (BAD_SCRIPT.test(message)) {
    return {
      what: `the Redis service refuses the script ${script?.name ?? "of this command"}`,
      hint: "its script check requires keys to be written as KEYS[i] in every call; on Alibaba Cloud, set the instance parameter script_check_enable to 0",
    };
  }
  if (!MISSING.test(message)) return undefined;
  const isInside = /called from|from script/i.test(message);
  const name = command?.name?.toLowerCase() ?? "a command";
  const commands = isInside && script ? script.commands : [name];
  const which =
    commands.length > 1 ? `one of the commands ${commands.join(", ")} for` : `the command ${commands[0]}`;
  const need = isInside ? undefined : NEEDS[name.replace(/^evalsha$/, "eval")];
  const inScript = isInside && commands.length > 1 ? ` ${script?.name}` : "";
  return {
    what: `Redis, or a proxy in front of it, does not offer ${which}${inScript}`,
    hint: `${need ?? ""}it may be renamed or disabled (rename-command): connect to a Redis that has it, or to the servers behind the proxy`,
  };
}
