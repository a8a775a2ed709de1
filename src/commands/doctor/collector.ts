import type { Clock } from "../../clock.ts";
import type { Settings } from "../../config/settings.ts";
import { type Finding, failed, passed, skipped } from "../../doctor/check.ts";
import { checkRunning } from "../collector/check-running.ts";
import { checkSettings } from "../collector/check-settings.ts";
import type { Check } from "../collector/checks.ts";
import type { CollectorProbe } from "../deps.ts";

interface Where {
  /** Of a collector that runs; absent: its settings alone are looked at. */
  base: string | undefined;
  clock: Clock;
}

/** What `collector check` finds, as findings of the doctor. */
export async function checkCollector(
  settings: Settings,
  probe: CollectorProbe,
  { base, clock }: Where,
): Promise<Finding[]> {
  const isConfigured = Object.keys(settings.collectorSecrets).length > 0;
  if (!isConfigured && base === undefined) return [skipped("settings", "no collector is configured")];
  const running = base === undefined ? [] : await checkRunning(base, settings, probe, clock.now());
  return [...checkSettings(settings), ...running].map(toFinding);
}

function toFinding({ name, state, from, what, problem, hint: remedy }: Check): Finding {
  const found = `${problem ?? what}${from === undefined ? "" : ` (${from})`}`;
  if (state === "ok") return passed(name, found);
  return state === "off" ? skipped(name, found) : failed(name, found, { remedy });
}
