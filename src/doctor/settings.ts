import { redactUrl } from "../config/redact-url.ts";
import { SETTINGS, type SettingKey } from "../config/setting-keys.ts";
import type { Settings } from "../config/settings.ts";
import { type Finding, failed, passed, warning } from "./check.ts";

/** Where the settings come from, and what is missing or hardly meant. Shows no secret. */
export function examineSettings(settings: Settings): Finding[] {
  const { configFiles, profile, production, channel, redisUrl, apiBase, appid, credential, warnings } =
    settings;
  const { read, places } = configFiles;
  const from = (key: SettingKey) => `(${placeOf(key, settings)})`;
  return [
    passed("files", read.length > 0 ? read.join(", ") : `none; looked for ${places.join(" and ")}`),
    passed("profile", profile === undefined ? "none" : `${profile}${production ? ", production" : ""}`),
    passed("channel", `${channel} ${from("channel")}`),
    passed("redis-url", `${redactUrl(redisUrl)} ${from("redisUrl")}`),
    passed("api-base", `${apiBase} ${from("apiBase")}`),
    given("appid", appid === undefined ? undefined : `${appid} ${from("appid")}`),
    given(credential, settings[credential] === undefined ? undefined : `set, not shown ${from(credential)}`),
    ...(warnings.length === 0
      ? [passed("warnings", "none; every PUSH_CLI_ variable is known")]
      : warnings.map((text) => warning("warnings", text))),
  ];
}

function given(key: "appid" | Settings["credential"], found: string | undefined): Finding {
  if (found !== undefined) return passed(key, found);
  return failed(key, "not set: required for broadcasts and the access token", {
    remedy: `set ${SETTINGS[key].env}, or "${key}" in a configuration file`,
  });
}

function placeOf(key: SettingKey, { sources }: Settings): string {
  const source = sources[key] ?? "default";
  if (source === "flag") return SETTINGS[key].flag?.replace(/ .*/, "") ?? "flag";
  if (source === "env") return SETTINGS[key].env;
  return source === "file" ? "configuration file" : "default";
}
