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
It completes commands, options, values of options and names of files; names of
profiles and channels, ids of broadcasts, and ids of templates as far as Redis
has them. Redis is asked for half a second at most, the platform never.

bash, in this shell; for every shell, put the line into ~/.bashrc:
  $ source <(push-cli completion bash)

zsh; for every shell, put the line into ~/.zshrc, behind "compinit":
  $ source <(push-cli completion zsh)

fish; for every shell, the second line:
  $ push-cli completion fish | source
  $ push-cli completion fish > ~/.config/fish/completions/push-cli.fish

PowerShell; for every shell, put the line into the file $PROFILE names:
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
