import type { ZodType, z } from "zod";
import { PushCliError } from "../errors.ts";
import { nearestWord } from "./nearest.ts";
import { fileOrigin, RULES, SETTING_KEYS, type SettingKey, settingProblem } from "./rules.ts";

/** The settings of a file or of one of its profiles. */
export type ConfigSection = { [key in SettingKey | "appsecretFile"]?: string | undefined };

export type ConfigDocument = ConfigSection & { profiles?: Record<string, ConfigSection> | undefined };

/** Checks what a configuration file holds, all profiles included. Rejects with a config error about the first fault. */
export async function parseConfig(document: unknown, path: string): Promise<ConfigDocument> {
  const { z } = await import("zod");
  const result = schemaOf(z).safeParse(document);
  if (result.success) return result.data;
  throw issueError(result.error.issues[0] as z.core.$ZodIssue, document, path);
}

const SECTION_KEYS: readonly string[] = [...SETTING_KEYS, "appsecretFile"];

function schemaOf(zod: typeof z): ZodType<ConfigDocument> {
  const setting = (key: SettingKey) => zod.string().refine((value) => !RULES[key].problem(value));
  const section = {
    redisUrl: setting("redisUrl").optional(),
    redisCa: setting("redisCa").optional(),
    redisCert: setting("redisCert").optional(),
    redisKey: setting("redisKey").optional(),
    redisServername: setting("redisServername").optional(),
    apiBase: setting("apiBase").optional(),
    appid: setting("appid").optional(),
    appsecret: setting("appsecret").optional(),
    appsecretFile: zod.string().min(1).optional(),
    keyPrefix: setting("keyPrefix").optional(),
    poolPrefix: setting("poolPrefix").optional(),
    poolKeys: setting("poolKeys").optional(),
    tokenMode: setting("tokenMode").optional(),
  };
  const oneSecret = (values: ConfigSection) =>
    values.appsecret === undefined || values.appsecretFile === undefined;
  const both = { path: ["appsecretFile"], params: { reason: "stands beside appsecret; keep one of them" } };
  const profiles = zod.record(zod.string(), zod.strictObject(section).refine(oneSecret, both));
  return zod.strictObject({ ...section, profiles: profiles.optional() }).refine(oneSecret, both);
}

const HINT = "mend the file and run again; the README shows one";

function issueError(issue: z.core.$ZodIssue, document: unknown, path: string): PushCliError {
  const key = issue.path.at(-1);
  const origin = fileOrigin(path, issue.path);
  const value = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown>)?.[step],
    document,
  );
  if (issue.code === "unrecognized_keys") return unknownKey(issue, path);
  if (issue.code === "invalid_type") {
    const name = issue.path.length === 0 ? `"${path}"` : origin.name;
    // The value itself is not quoted: it may well be, or hold, a secret in the wrong place.
    const wanted = issue.expected === "string" ? "text" : "an object";
    return new PushCliError("config", `${name} must be ${wanted}, not ${typeName(value)}`, { hint: HINT });
  }
  if (issue.code === "custom" && typeof issue.params?.reason === "string") {
    return new PushCliError("config", `${origin.name} ${issue.params.reason}`, { hint: HINT });
  }
  const known = SETTING_KEYS.find((each) => each === key);
  const problem = known && typeof value === "string" ? settingProblem(known, value, origin) : undefined;
  return problem ?? new PushCliError("config", `${origin.name} is empty`, { hint: HINT });
}

function unknownKey(issue: z.core.$ZodIssueUnrecognizedKeys, path: string): PushCliError {
  const key = issue.keys[0] ?? "";
  const candidates = issue.path.length === 0 ? [...SECTION_KEYS, "profiles"] : SECTION_KEYS;
  const meant = nearestWord(key, candidates);
  const hint = meant ? `did you mean "${meant}"?` : `the keys are ${candidates.join(", ")}`;
  return new PushCliError("config", `unknown key ${fileOrigin(path, [...issue.path, key]).name}`, { hint });
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
