import { Option } from "commander";
import { PushCliError } from "../../../errors.ts";
import { formatCounted } from "../../../output/format.ts";
import type { ConsentStore } from "../../../pool/consents/ports.ts";
import type { Deps } from "../../deps.ts";

/** The option that all verbs of `pool` have for channels whose messages spend consents. */
export function templateOption(): Option {
  return new Option("--template <id>", "Only consents for this template (default: all templates)");
}

/** The error of a command that met no consent; `match`: it looked only for openIds like that. */
export function noConsents(store: ConsentStore, match = "*"): PushCliError {
  return new PushCliError("nothing", `no consents found under '${store.keyOf(match)}'`, {
    hint: "check --redis-url and --pool-prefix; to fill pools, run push-cli pool import or push-cli collector start",
  });
}

/** Warns of keys that the last sweep has left out: a user left out without a word is the worst of both. */
export function warnOfLeftOut({ out }: Deps, store: ConsentStore): void {
  const { keys, example } = store.passedOver;
  if (keys === 0) return;
  out.warn(
    `warning: ${formatCounted(keys, "key")} under '${store.keyOf("*")}' ${keys === 1 ? "was" : "were"} skipped: can't tell openId and template in '${example}'`,
  );
}

/** Epoch ms as JSON and pipes have it. */
export function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
