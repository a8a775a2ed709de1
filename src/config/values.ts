import { parseDuration } from "./durations.ts";
import type { Layer } from "./layers.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./setting-keys.ts";
import type { TABLE } from "./table.ts";

type Row<Key extends SettingKey> = (typeof TABLE)[Key];

type PlainKey = {
  [Key in SettingKey]: Row<Key> extends { derived: true } ? never : Key;
}[SettingKey];

type DefaultKey = { [Key in PlainKey]: Row<Key> extends { default: string } ? Key : never }[PlainKey];

/** Durations are in milliseconds, and their names say so. */
type NameOf<Key extends SettingKey> = Row<Key> extends { form: "duration" } ? `${Key}Ms` : Key;

type ValueOf<Key extends SettingKey> =
  Row<Key> extends { form: string }
    ? number
    : Row<Key> extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** The settings that are used as given. Those with a default are always present. */
export type Values = { [Key in DefaultKey as NameOf<Key>]: ValueOf<Key> } & {
  [Key in Exclude<PlainKey, DefaultKey> as NameOf<Key>]?: ValueOf<Key>;
};

/** Reads the values of a layer, which must all be valid. */
export function readValues(given: Layer): Values {
  const entries = SETTING_KEYS.flatMap((key) => {
    const { form, derived, default: standard } = SETTINGS[key];
    const text = given[key]?.value ?? standard;
    if (derived || text === undefined) return [];
    if (form === "duration") return [[`${key}Ms`, parseDuration(text)]];
    return [[key, form === "count" ? Number(text) : text]];
  });
  return Object.fromEntries(entries);
}
