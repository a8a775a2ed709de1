import type { ZodType, z } from "zod";
import { valueProblem } from "./given.ts";
import { nearestWord } from "./nearest.ts";
import {
  isSecret,
  SECRET_KEYS,
  SETTING_KEYS,
  SETTINGS,
  type SecretFileKey,
  type SettingKey,
  secretFileKey,
} from "./setting-keys.ts";

/** The settings of a file or of one of its profiles. */
export type ConfigSection = { [key in SettingKey | SecretFileKey]?: string | undefined };

export type ConfigProfile = ConfigSection & { production?: boolean | undefined };

export type ConfigDocument = ConfigSection & {
  $schema?: string | undefined;
  defaultProfile?: string | undefined;
  profiles?: Record<string, ConfigProfile> | undefined;
};

/** A problem in a document; the texts are those of a `Fault`. */
export interface Issue {
  /** What it is about, as keys from the outside in. */
  keys: PropertyKey[];
  /** Whether the key or its value is wrong. */
  what: "key" | "value";
  subject?: string;
  problem: string;
  hint?: string;
}

/** The content of a configuration file, including all profiles; or all of its problems. */
export async function checkConfig(
  document: unknown,
): Promise<{ document: ConfigDocument } | { issues: Issue[] }> {
  const { z } = await import("zod");
  const result = schemaOf(z).safeParse(document);
  if (result.success) return { document: result.data };
  return { issues: result.error.issues.flatMap((issue) => explainIssue(issue, document)) };
}

const SECTION_KEYS: readonly string[] = [...SETTING_KEYS, ...SECRET_KEYS.map(secretFileKey)];
const TOP_KEYS = [...SECTION_KEYS, "profiles", "defaultProfile", "$schema"];
const PROFILE_KEYS = [...SECTION_KEYS, "production"];

function schemaOf(zod: typeof z): ZodType<ConfigDocument> {
  const setting = (key: SettingKey): ZodType<string> => {
    const text = zod.string().refine((value) => !SETTINGS[key].problem(value));
    if (SETTINGS[key].form !== "count") return text;
    return zod.preprocess((value) => (typeof value === "number" ? String(value) : value), text);
  };
  const section = Object.fromEntries([
    ...SETTING_KEYS.map((key) => [key, setting(key).optional()]),
    ...SECRET_KEYS.map((key) => [secretFileKey(key), zod.string().min(1).optional()]),
  ]) as Record<SettingKey | SecretFileKey, ZodType<string | undefined>>;
  const profile = zod.strictObject({ ...section, production: zod.boolean().optional() });
  const top = zod.strictObject({
    ...section,
    $schema: zod.string().optional(),
    defaultProfile: zod.string().min(1).optional(),
    profiles: zod.record(zod.string(), withOneForm(profile)).optional(),
  });
  return withOneForm(top);
}

/** The section has the secret, or names its file, not both. */
function withOneForm<Schema extends ZodType<ConfigSection>>(schema: Schema): Schema {
  return SECRET_KEYS.reduce((checked, key) => {
    const fileKey = secretFileKey(key);
    return checked.refine((values) => values[key] === undefined || values[fileKey] === undefined, {
      path: [fileKey],
      params: { reason: `conflicts with ${key}; keep only one of them` },
      // Without this, another fault of the section would hide this one.
      when: ({ value }) => typeof value === "object" && value !== null,
    });
  }, schema);
}

function explainIssue(issue: z.core.$ZodIssue, document: unknown): Issue[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key));
  const place = { keys: issue.path, ...(issue.path.length > 0 && { subject: nameOf(issue.path) }) };
  const value = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown>)?.[step],
    document,
  );
  if (issue.code === "invalid_type") {
    return [{ ...place, what: "value", ...wrongType(issue, value) }];
  }
  if (issue.code === "custom" && typeof issue.params?.reason === "string") {
    return [{ ...place, what: "key", problem: ` ${issue.params.reason}` }];
  }
  const key = settingAt(issue.path);
  const problem = key && /^(string|number)$/.test(typeof value) ? valueProblem(key, `${value}`) : undefined;
  if (!key || !problem) return [{ ...place, what: "value", problem: " is empty" }];
  return [{ ...place, what: "value", problem, hint: SETTINGS[key].hint }];
}

function wrongType(
  { path, expected }: z.core.$ZodIssueInvalidType,
  value: unknown,
): Pick<Issue, "problem" | "hint"> {
  const key = settingAt(path);
  const problem = ` must be ${wantedAt(path, expected)}, not ${typeName(value)}`;
  // No other value is quoted: it may well be, or contain, a secret in the wrong place.
  if (!key || isSecret(key) || !/^(number|boolean)$/.test(typeof value)) return { problem };
  const hint = SETTINGS[key].form === "count" ? SETTINGS[key].hint : `write "${value}" in double quotes`;
  return { problem: `${problem}: ${value}`, hint };
}

function wantedAt(path: readonly PropertyKey[], expected: string): string {
  if (expected === "boolean") return "true or false";
  const key = settingAt(path);
  if (key && SETTINGS[key].form === "count") return "a number";
  return expected === "string" ? "text" : "an object";
}

function settingAt(path: readonly PropertyKey[]): SettingKey | undefined {
  return SETTING_KEYS.find((key) => key === path.at(-1));
}

function unknownKey(section: PropertyKey[], key: string): Issue {
  const candidates = section.length === 0 ? TOP_KEYS : PROFILE_KEYS;
  const meant = nearestWord(key, candidates);
  const keys = [...section, key];
  return {
    keys,
    what: "key",
    subject: `unknown key ${nameOf(keys)}`,
    problem: "",
    hint: meant ? `did you mean "${meant}"?` : `valid keys: ${candidates.join(", ")}`,
  };
}

function nameOf(keys: readonly PropertyKey[]): string {
  return `"${keys.map(String).join(".")}"`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
