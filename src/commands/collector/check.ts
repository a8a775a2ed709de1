import type { Command } from "commander";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { checkRunning } from "./check-running.ts";
import { checkRedis, checkSettings } from "./check-settings.ts";
import { type Check, isBad } from "./checks.ts";
import { parseBase } from "./probe-url.ts";

const EXAMPLES = `
With --url, also checks a running collector: its health, the platform's URL
verification, and empty reports with a valid and a forged session token. Nothing
is written. Exit codes: 5 if a setting is missing or invalid, 6 if Redis does
not respond, 8 if the collector at --url does not respond as expected.

Examples:
  $ push-cli collector check
  $ push-cli collector check --url https://collect.example.com
  $ push-cli collector check --url https://example.com/wechat/callback --json`;

export function registerCollectorCheck(collector: Command, run: RunAction): void {
  collector
    .command("check")
    .description("Check the settings of a collector, and optionally a running one")
    .option("--url <url>", "URL of a running collector, or of its /callback")
    .addHelpText("after", EXAMPLES)
    .action(run(checkCollector));
}

async function checkCollector(deps: Deps, flags: { url?: string }): Promise<ExitName> {
  const base = flags.url === undefined ? undefined : parseBase(flags.url);
  const settings = await deps.settings();
  const given = checkSettings(settings);
  const probe = deps.collectorProbe();
  const redis = await checkRedis(settings, probe);
  const running = base === undefined ? [] : await checkRunning(base, settings, probe, deps.clock.now());
  await present(deps, [...given, redis, ...running]);
  if (given.some(isBad)) return "config";
  if (isBad(redis)) return "redis";
  return running.some(isBad) ? "partial" : "done";
}

async function present({ out }: Deps, checks: readonly Check[]): Promise<void> {
  const isOk = !checks.some(isBad);
  if (out.format === "json") {
    out.json({ ok: isOk, checks });
    return;
  }
  const rows = checks.map(({ name, state, from, what, problem }) => [
    name,
    state,
    from ?? "",
    problem ?? what,
  ]);
  await out.table(
    [{ title: "check", name: "name" }, { title: "state" }, { title: "from" }, { title: "what", wrap: true }],
    rows,
  );
  for (const { name, problem, hint } of checks.filter(isBad)) {
    out.warn(`${name}: ${problem}${hint === undefined ? "" : `\n  hint: ${hint}`}`);
  }
}
