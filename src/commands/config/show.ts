import type { Command } from "commander";
import {
  createLocator,
  describeSettings,
  type ShownOrigin,
  type ShownSetting,
} from "../../config/describe.ts";
import { type Resolved, resolveSettings, type SettingFlags } from "../../config/resolve.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { channelFacts } from "./channel-facts.ts";
import { placeText } from "./place-text.ts";

const EXAMPLES = `
Secrets are shown as ***, and URLs without their password. Values are shown as
given; to validate them, run push-cli config check.

Examples:
  $ push-cli config show
  $ push-cli config show --profile live
  # Show which Redis this shell would use
  $ push-cli config show --jq '.settings[] | select(.key == "redisUrl").value'`;

export function registerConfigShow(config: Command, run: RunAction): void {
  config
    .command("show")
    .description("Show every setting with its effective value and its source")
    .addHelpText("after", EXAMPLES)
    .action(run(showConfig));
}

async function showConfig(deps: Deps, flags: SettingFlags): Promise<ExitName> {
  const { io, out } = deps;
  const resolved = await resolveSettings(flags, io);
  for (const text of resolved.unseen) out.warn(`warning: ${text}`);
  const defaults = await channelFacts(deps, resolved.layers.channel?.value);
  const settings = await describeSettings(resolved, defaults, io.env);
  const profile = await describeProfile(resolved);
  if (out.format === "json") {
    out.json({ profile, files: resolved.files.map(({ path }) => path), settings });
    return "done";
  }
  const columns = [{ title: "setting" }, { title: "value" }, { title: "from" }];
  const rows = settings.map((one) => [one.key, shownValue(deps, one), originText(deps, one)]);
  const none = ["profile", out.format === "human" ? "-" : "", "default"];
  const first = profile ? ["profile", profileText(profile), originText(deps, profile)] : none;
  await out.table(columns, [first, ...rows]);
  return "done";
}

type ShownProfile = ShownOrigin & { name: string; production: boolean };

async function describeProfile({ files, profile, production }: Resolved): Promise<ShownProfile | null> {
  if (!profile) return null;
  return { name: profile.value, production, ...(await createLocator(files)(profile.origin)) };
}

function profileText({ name, production }: ShownProfile): string {
  return production ? `${name} (production)` : name;
}

function shownValue({ out }: Deps, { value }: ShownSetting): string {
  return value ?? (out.format === "human" ? "-" : "");
}

/** The place in a file, or what else to look for: `push-cli.config.json:4 (live)`. Tables have no room for the column. */
function originText(deps: Deps, { column, ...origin }: ShownOrigin): string {
  if (origin.file === undefined) return origin.from;
  const place = deps.out.format === "human" ? origin : { ...origin, column };
  return `${placeText(deps, place)}${origin.profile === undefined ? "" : ` (${origin.profile})`}`;
}
