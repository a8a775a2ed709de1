import { Argument, type Command } from "commander";
import { parseDuration } from "../../config/durations.ts";
import { nearestWord } from "../../config/nearest.ts";
import { type Check, GROUPS, type Group } from "../../doctor/check.ts";
import { examine } from "../../doctor/examine.ts";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { parseBase } from "../collector/probe-url.ts";
import type { Deps, RunAction } from "../deps.ts";
import { checkCollector } from "./collector.ts";
import { renderChecks, summarize } from "./screen.ts";

interface DoctorFlags {
  timeout: string;
  collectorUrl?: string;
}

const EXAMPLES = `
Groups: ${GROUPS.join(", ")}.
Each check passes, warns, fails or is skipped; remedies are shown below it.
Nothing is sent, spent, stored or changed. The exit code is 8 if a check failed,
otherwise 0.

Examples:
  $ push-cli doctor
  # Check everything before a scheduled broadcast
  $ push-cli doctor redis api token --quiet || exit 1
  # List what failed, for a script
  $ push-cli doctor --jq '.checks[] | select(.state == "failed") | .remedy'
  # Also check a running collector
  $ push-cli doctor collector --collector-url https://collect.example.com`;

const SHORTEST_MS = 100;
const LONGEST_MS = 120_000;

export function registerDoctor(doctor: Command, run: RunAction): void {
  doctor
    .addArgument(new Argument("[group...]", "Run only these groups of checks").argParser(takeGroup))
    .option("--timeout <time>", "Time limit of each check", "5s")
    .option("--collector-url <url>", "Also check the running collector at this URL")
    .addHelpText("after", EXAMPLES)
    .action(run(doctorCommand));
}

async function doctorCommand(deps: Deps, flags: DoctorFlags, given: Group[] = []): Promise<ExitName> {
  const timeoutMs = parseDuration(flags.timeout, "--timeout");
  if (timeoutMs < SHORTEST_MS || timeoutMs > LONGEST_MS)
    throw usageError(`--timeout: "${flags.timeout}" is out of range`, "from 100ms to 2m");
  const base =
    flags.collectorUrl === undefined ? undefined : parseBase(flags.collectorUrl, "--collector-url");
  const tools = await deps.doctor();
  const progress = deps.out.progress();
  const checks = await examine(
    {
      ...tools,
      collector: (settings) => checkCollector(settings, tools.collectorProbe, { base, clock: deps.clock }),
    },
    {
      groups: given.length > 0 ? given : GROUPS,
      clock: deps.clock,
      timeoutMs,
      onProgress: (open) => progress.update(() => `checking ${open.join(", ")}`),
    },
  );
  progress.done();
  const isOk = checks.every(({ state }) => state !== "failed");
  await present(deps, checks, isOk);
  return isOk ? "done" : "partial";
}

async function present({ out, io }: Deps, checks: readonly Check[], isOk: boolean): Promise<void> {
  if (out.format === "json") return out.json({ ok: isOk, checks });
  if (out.format === "plain") {
    const rows = checks.map(({ group, name, state, found, remedy = "" }) => [
      group,
      name,
      state,
      found,
      remedy,
    ]);
    return out.table([], rows);
  }
  out.data(renderChecks(checks, io.stdout.columns || 80, out.style));
  out.talk(summarize(checks));
}

/** Commander hands over the groups before one by one. */
function takeGroup(word: string, before: Group[] | undefined): Group[] {
  const group = GROUPS.find((one) => one === word);
  if (group) return [...(before ?? []), group];
  const meant = nearestWord(word, GROUPS);
  throw usageError(
    `unknown group of checks '${word}'`,
    `${meant ? `did you mean ${meant}? ` : ""}valid groups: ${GROUPS.join(", ")}`,
  );
}
