import type { Command } from "commander";
import { checkConfiguration, type Problem } from "../../config/check.ts";
import { surveyPlaces } from "../../config/places.ts";
import { onlyFile, type SettingFlags } from "../../config/resolve.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted } from "../../output/format.ts";
import type { Deps, RunAction } from "../deps.ts";
import { requireChannelFacts } from "./channel-facts.ts";
import { placeText } from "./place-text.ts";

const EXAMPLES = `
Checks the configuration files with all their profiles, the files they refer to,
the environment and the options, without connecting to anything (see push-cli
doctor for that). The exit code is 5 if there are errors, otherwise 0.

Examples:
  $ push-cli config check
  $ push-cli config check --config staging.json --json`;

export function registerConfigCheck(config: Command, run: RunAction): void {
  config
    .command("check")
    .description("Report everything wrong with the settings, with file, line and fix")
    .addHelpText("after", EXAMPLES)
    .action(run(checkConfig));
}

async function checkConfig(deps: Deps, flags: SettingFlags): Promise<ExitName> {
  const { io, out } = deps;
  const problems = await checkConfiguration(flags, io, (channel) => requireChannelFacts(deps, channel));
  const places = await surveyPlaces(io, onlyFile(flags, io));
  const files = places.filter(({ found }) => found).map(({ file }) => file);
  const isOk = problems.every(({ severity }) => severity === "warning");
  const exit = isOk ? "done" : "config";
  if (out.format === "json") out.json({ ok: isOk, files, problems });
  else if (out.format === "plain") {
    const row = (one: Problem) => [one.severity, placeText(deps, one), one.problem, one.fix ?? ""];
    await out.table([], problems.map(row));
  } else {
    for (const problem of problems) out.data(describe(deps, problem));
    out.talk(summary(problems, files));
  }
  return exit;
}

/** As compilers write it: terminals and editors lead to the place. */
function describe(deps: Deps, problem: Problem): string {
  const { severity, file } = problem;
  const where = file === undefined ? "" : `${placeText(deps, problem)}: `;
  const paint = severity === "error" ? deps.out.style.red : deps.out.style.yellow;
  const fix = problem.fix === undefined ? "" : `\n  fix: ${problem.fix}`;
  return `${where}${paint(`${severity}:`)} ${problem.problem}${fix}`;
}

function summary(problems: readonly Problem[], files: readonly string[]): string {
  const count = (severity: Problem["severity"]) => problems.filter((one) => one.severity === severity).length;
  const counts = `${formatCounted(count("error"), "error")}, ${formatCounted(count("warning"), "warning")}`;
  const read = files.length === 0 ? "no configuration file was read" : `read: ${files.join(", ")}`;
  return `${counts}; ${read}`;
}
