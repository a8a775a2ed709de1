import type { Command } from "commander";
import { redactUrl } from "../config/redact-url.ts";
import type { SettingFlags } from "../config/resolve.ts";
import {
  isTaken,
  renderStarter,
  type Starter,
  schemaUrl,
  starterPath,
  writeStarter,
} from "../config/starter.ts";
import { PushCliError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { whyNotAsked } from "./ask.ts";
import type { Deps, RunAction } from "./deps.ts";
import { askStarter, type InitFlags, starterOf } from "./init-questions.ts";
import { stopAtSignal } from "./interrupt.ts";

const EXAMPLES = `
Asks for what is not given, and writes push-cli.config.json here, or the file
that --config names, readable by its owner alone. The appsecret is not written
into it. With --yes nothing is asked, and defaults are taken; --appid is needed
then. A file that is there is replaced after a question, or with --force.

Examples:
  $ push-cli init
  $ push-cli init --yes --profile staging --appid wx1234567890abcdef
  $ push-cli init --yes --profile live --production --appid wx1234567890abcdef \\
      --redis-url redis://redis.internal:6379/0 --secret-file /etc/push-cli/appsecret`;

export function registerInit(command: Command, run: RunAction): void {
  command
    .option("--appid <appid>", "appid of the mini program")
    .option("--secret-file <file>", "file that holds the appsecret (default: PUSH_CLI_APPSECRET has it)")
    .option("--production", "mark the profile as production: questions show it in red")
    .option("--force", "replace a file that is there")
    .addHelpText("after", EXAMPLES)
    .action(run(init));
}

async function init(deps: Deps, flags: InitFlags & SettingFlags & { force?: boolean }): Promise<ExitName> {
  const { io, out } = deps;
  const path = starterPath(io.cwd, flags.config);
  if (!flags.yes && !out.canAsk()) {
    throw new PushCliError("confirm", `init asks for what it writes, and ${whyNotAsked(deps)}`, {
      hint: "give --yes with --appid, and what else should not be the default",
    });
  }
  const taken = await isTaken(path);
  if (taken && !flags.force && flags.yes) {
    throw new PushCliError("confirm", `"${path}" is there already`, { hint: "--force replaces it" });
  }
  const stop = stopAtSignal(deps);
  try {
    if (taken && !flags.force) await askToReplace(deps, path, stop.signal);
    const starter = flags.yes ? starterOf(flags) : await askStarter(deps, flags, stop.signal);
    await writeStarter(path, renderStarter(starter, schemaUrl(path, io.program)), taken);
    present(deps, path, starter, flags);
    return "done";
  } catch (error) {
    if (!stop.exit) throw error;
    out.talk("interrupted; nothing was written");
    return stop.exit;
  } finally {
    stop.undo();
  }
}

async function askToReplace({ out }: Deps, path: string, signal: AbortSignal): Promise<void> {
  if (await out.confirm(`Replace "${path}"?`, { signal })) return;
  throw new PushCliError("confirm", "not confirmed; nothing was written", {
    hint: "choose another place with --config <file>",
  });
}

function present({ out }: Deps, path: string, starter: Starter, { config }: SettingFlags): void {
  const { profile, redisUrl, secretFile } = starter;
  const next = nextCommands(starter, config);
  if (out.format === "json") {
    out.json({ path, profile, next });
    return;
  }
  out.talk(`wrote "${path}", which its owner alone may read`);
  if (redactUrl(redisUrl) !== redisUrl)
    out.talk("it holds the password of the Redis URL: keep it out of version control");
  if (secretFile === undefined) out.talk("set PUSH_CLI_APPSECRET to the appsecret, then go on with:");
  else out.talk(`put the appsecret into "${secretFile}", then go on with:`);
  for (const command of next) out.data(command);
}

/** With what leads to the new profile, where it is not the default. */
function nextCommands({ profile, production }: Starter, config: string | undefined): string[] {
  const words = [
    ...(config ? [`--config ${quote(config)}`] : []),
    ...(production ? [`--profile ${quote(profile)}`] : []),
  ];
  return ["doctor", "pool stats", "broadcast <templateId> --dry-run"].map((command) =>
    ["push-cli", command, ...words].join(" "),
  );
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
