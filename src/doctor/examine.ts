import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import { askAccount, examineQuota, examineTemplates, examineToken } from "./account.ts";
import { examineApi } from "./api.ts";
import { type Check, type Finding, failed, GROUPS, type Group, skipped } from "./check.ts";
import { examineCollector } from "./collector.ts";
import type { Examination } from "./examination.ts";
import { createAsk } from "./outcome.ts";
import { examinePools } from "./pools.ts";
import type { DoctorTools } from "./ports.ts";
import { examineRedis } from "./redis.ts";
import { examineSettings } from "./settings.ts";

const EXAMINE: Record<Exclude<Group, "settings">, (examination: Examination) => Promise<Finding[]>> = {
  redis: examineRedis,
  pools: examinePools,
  api: examineApi,
  token: examineToken,
  quota: examineQuota,
  templates: examineTemplates,
  collector: examineCollector,
};

const LOADING_MS = 60_000;

export interface ExamineOptions {
  groups: readonly Group[];
  clock: Clock;
  /** For each check, ms. */
  timeoutMs: number;
  /** Told which groups are still at work. */
  onProgress(groups: readonly Group[]): void;
}

/**
 * Runs the checks of some groups, side by side: nothing that fails keeps the others from being run. Rejects with the usage
 * error of a flag.
 */
export async function examine(tools: DoctorTools, options: ExamineOptions): Promise<Check[]> {
  const { clock, timeoutMs } = options;
  const groups = GROUPS.filter((group) => options.groups.includes(group));
  const ask = createAsk(clock, timeoutMs);
  await tools.settings().catch((error: unknown) => {
    if (error instanceof PushCliError && error.kind === "usage") throw error;
  });
  const settings = await createAsk(clock, LOADING_MS)(() => tools.settings());
  if ("problem" in settings) {
    const told = failed("values", settings.problem, { remedy: settings.hint });
    const others = groups.filter((group) => group !== "settings");
    return [
      { group: "settings", ...told },
      ...others.map((group) => ({ group, ...skipped(group, "the settings are invalid") })),
    ];
  }
  const examination: Examination = {
    settings: settings.value,
    ask,
    clock,
    timeoutMs,
    tools,
    redis: once(() => ask(() => tools.redis(timeoutMs))),
    // Nothing is asked yet; a machine that is busy may take its time to load what it takes.
    api: once(() => createAsk(clock, LOADING_MS)(() => tools.api())),
    account: once(() => askAccount(examination)),
  };
  const open = new Set<Group>(groups);
  options.onProgress([...open]);
  const found = groups.map(async (group) => {
    const findings =
      group === "settings" ? examineSettings(settings.value) : await EXAMINE[group](examination);
    open.delete(group);
    options.onProgress([...open]);
    return findings.map((finding) => ({ group, ...finding }));
  });
  return (await Promise.all(found)).flat();
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
