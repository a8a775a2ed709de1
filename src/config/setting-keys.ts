import type { Setting } from "./setting.ts";
import { TABLE } from "./table.ts";

type Table = typeof TABLE;
export type SettingKey = keyof Table;

export const SETTINGS: Record<SettingKey, Setting> = TABLE;
export const SETTING_KEYS = Object.keys(TABLE) as SettingKey[];

/** The settings whose rows have this property. */
type KeysWith<Part> = { [Key in SettingKey]: Table[Key] extends Part ? Key : never }[SettingKey];

/** Settings that have a flag. */
export type FlagKey = KeysWith<{ flag: string }>;
export const FLAG_KEYS = SETTING_KEYS.filter((key): key is FlagKey => SETTINGS[key].flag !== undefined);

/** A flag without the placeholder of its value: `--redis-url`. */
export function flagOf(key: FlagKey): string {
  return TABLE[key].flag.replace(/ .*/, "");
}

export type SecretKey = KeysWith<{ fileEnv: string }>;
export const SECRET_KEYS = SETTING_KEYS.filter(isSecret);

export function isSecret(key: SettingKey): key is SecretKey {
  return SETTINGS[key].fileEnv !== undefined;
}

export type SecretFileKey = `${SecretKey}File`;

/** The key of a configuration file that names the secret's own file. */
export function secretFileKey<Key extends SecretKey>(key: Key): `${Key}File` {
  return `${key}File`;
}

/** Secrets that only the collector uses. */
export type CollectorSecret = KeysWith<{ collectorOnly: true }>;
export const COLLECTOR_SECRETS = SETTING_KEYS.filter(isCollectorSecret);

export function isCollectorSecret(key: SettingKey): key is CollectorSecret {
  return SETTINGS[key].collectorOnly === true;
}
