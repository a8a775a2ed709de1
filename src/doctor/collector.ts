import { type Finding, failed } from "./check.ts";
import type { Examination } from "./examination.ts";

/** The settings of a collector, and one that runs, as `collector check` looks at them. */
export async function examineCollector({ ask, tools, settings }: Examination): Promise<Finding[]> {
  const checked = await ask(() => tools.collector(settings));
  if ("problem" in checked)
    return [failed("running", checked.problem, { remedy: checked.hint, ms: checked.ms })];
  return checked.value;
}
