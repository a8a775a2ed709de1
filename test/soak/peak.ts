import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuiltCli } from "../e2e/built-cli.ts";

/** Notes the peak memory of a process at its end; `args` go before the program's name. */
export function measurePeak(cli: BuiltCli): { args: string[]; peakMb(): number } {
  const peak = join(cli.folder, "peak");
  const hook = join(cli.folder, "peak.mjs");
  const note = `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`;
  writeFileSync(hook, note);
  return {
    args: ["--import", pathToFileURL(hook).href],
    peakMb: () => Number(readFileSync(peak, "utf8")) / 1024,
  };
}
