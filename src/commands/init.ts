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
import { shellWord } from "./shell-word.ts";

const EXAMPLES = `
Asks for the values that are not given as options and writes them to
push-cli.config.json in the current folder, or to --config <file>, readable only
by its owner. The appsecret is not written to it. With --yes, nothing is asked
and defaults are used; --appid is required then. An existing file is overwritten
only after confirmation, or with --force.

Examples:
  $ push-cli init
  $ push-cli init --yes --profile staging --appid wx1234567890abcdef
  $ push-cli init --yes --profile live --production --appid wx1234567890abcdef \\
      --redis-url redis://redis.internal --secret-file /etc/push-cli/secret`;

export function registerInit(command: Command, run: RunAction): void {
  command
    .option("--appid <appid>", "Appid of the mini program")
    .option("--secret-file <file>", "File that holds the appsecret (default: use PUSH_CLI_APPSECRET)")
    .option("--production", "Mark the profile as production; prompts show it in red")
    .option("--force", "Overwrite an existing file")
    .addHelpText("after", EXAMPLES)
    .action(run(init));
}

async function init(deps: Deps, flags: InitFlags & SettingFlags & { force?: boolean }): Promise<ExitName> {
  const { io, out } = deps;
  const path = starterPath(io.cwd, flags.config);
  if (!flags.yes && !out.canAsk()) {
    throw new PushCliError("confirm", `init asks questions, but ${whyNotAsked(deps)}`, {
      hint: "use --yes with --appid, plus options for anything that should not be the default",
    });
  }
  const taken = await isTaken(path);
  if (taken && !flags.force && flags.yes) {
    throw new PushCliError("confirm", `"${path}" already exists`, { hint: "use --force to overwrite it" });
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
    hint: "choose another path with --config <file>",
  });
}

function present({ out }: Deps, path: string, starter: Starter, { config }: SettingFlags): void {
  const { profile, redisUrl, secretFile } = starter;
  const next = nextCommands(starter, config);
  if (out.format === "json") {
    out.json({ path, profile, next });
    return;
  }
  out.talk(`wrote "${path}", readable only by its owner`);
  if (redactUrl(redisUrl) !== redisUrl)
    out.talk("it contains the Redis password: keep it out of version control");
  if (secretFile === undefined) out.talk("set PUSH_CLI_APPSECRET to the appsecret, then run:");
  else out.talk(`put the appsecret into "${secretFile}", then run:`);
  for (const command of next) out.data(command);
}

/** With what leads to the new profile, where it is not the default. */
function nextCommands({ profile, production }: Starter, config: string | undefined): string[] {
  const words = [
    ...(config ? [`--config ${shellWord(config)}`] : []),
    ...(production ? [`--profile ${shellWord(profile)}`] : []),
  ];
  return ["doctor", "pool stats", "broadcast <templateId> --dry-run"].map((command) =>
    ["push-cli", command, ...words].join(" "),
  );
}
