import type { Command } from "commander";
import { surveyPlaces } from "../../config/places.ts";
import { onlyFile, type SettingFlags } from "../../config/resolve.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";

const EXAMPLES = `
The first file takes precedence over the second, key by key. With --config or
PUSH_CLI_CONFIG, only that file is read.

Examples:
  $ push-cli config path
  $ push-cli config path --json`;

export function registerConfigPath(config: Command, run: RunAction): void {
  config
    .command("path")
    .description("Show where configuration files are looked for, and which were found")
    .addHelpText("after", EXAMPLES)
    .action(run(showPaths));
}

async function showPaths({ io, out }: Deps, flags: SettingFlags): Promise<ExitName> {
  const places = await surveyPlaces(io, onlyFile(flags, io));
  if (out.format === "json") out.json({ files: places });
  else {
    const rows = places.map(({ file, kind, found, problem }) => [
      file,
      kind,
      found ? "found" : (problem ?? ""),
    ]);
    await out.table([{ title: "file" }, { title: "scope" }, { title: "state" }], rows);
  }
  return "done";
}
