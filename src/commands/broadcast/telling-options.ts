import type { Command } from "commander";
import { NOTIFY_FORMATS } from "../../config/hook-url.ts";
import type { NotifyFormat } from "../../notify/format.ts";
import { suggestingOption } from "../suggest.ts";

export interface TellingFlags {
  notify?: string;
  notifyFormat?: string;
  textfileMetrics?: string;
}

/** Who is told of a broadcast besides the operator. */
export interface Telling {
  hook?: { url: string; format: NotifyFormat } | undefined;
  metricsFile?: string | undefined;
}

export function addTellingOptions(command: Command): Command {
  return command
    .optionsGroup("Notification options:")
    .option("--notify <url>", "Webhook to post the result to, or none (best set in PUSH_CLI_NOTIFY_URL)")
    .addOption(
      suggestingOption(
        "--notify-format <name>",
        "What is posted: json, wecom, dingtalk, feishu or slack (default: by host)",
        [...NOTIFY_FORMATS],
      ),
    )
    .option("--textfile-metrics <file>", "Keep metrics in a .prom file for node_exporter");
}
