import { Argument, type Command } from "commander";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import bash from "./shells/bash.script";
import fish from "./shells/fish.script";
import powershell from "./shells/powershell.script";
import zsh from "./shells/zsh.script";

const SCRIPTS = { bash, zsh, fish, powershell };

type Shell = keyof typeof SCRIPTS;

const SHELLS = Object.keys(SCRIPTS);

const HELP = `
Completes commands, options, option values and file names, as well as profiles,
channels, broadcast ids, and template ids cached in Redis. Redis is queried for
at most half a second, the platform never.

bash, for this shell; add the line to ~/.bashrc for every shell:
  $ source <(push-cli completion bash)

zsh, for this shell; add the line to ~/.zshrc, after "compinit", for all shells:
  $ source <(push-cli completion zsh)

fish, for this shell, or for every shell with the second line:
  $ push-cli completion fish | source
  $ push-cli completion fish > ~/.config/fish/completions/push-cli.fish

PowerShell, for this shell; add the line to the file $PROFILE for every shell:
  $ push-cli completion powershell | Out-String | Invoke-Expression

Example:
  $ push-cli completion bash`;

export function registerCompletion(command: Command, run: RunAction): void {
  command
    .addArgument(new Argument("<shell>", SHELLS.join(", ")).choices(SHELLS))
    .addHelpText("after", HELP)
    .action(run(printScript));
}

/** The script alone, for a shell to read. */
async function printScript({ out }: Deps, _flags: object, shell: Shell): Promise<ExitName> {
  const script = SCRIPTS[shell];
  if (out.format === "json") out.json({ shell, script });
  else await out.text(script);
  return "done";
}
