import type { Io } from "../output/io.ts";
import { type Given, settingProblem } from "./given.ts";
import { fromEnv } from "./layers.ts";
import { SOURCE_URL_ENV } from "./variables.ts";

/**
 * The URL of the Redis to import from; undefined when neither flag nor variable is set. Throws the same errors as for
 * --redis-url, under its own name. May hold a password: show it only through redactUrl.
 */
export function loadSourceUrl(flag: string | undefined, io: Pick<Io, "env">): string | undefined {
  const given: Given | undefined =
    flag === undefined
      ? fromEnv(io, SOURCE_URL_ENV)
      : { value: flag, origin: { source: "flag", name: "--from-redis-url" } };
  const problem = given && settingProblem("redisUrl", given);
  if (problem) throw problem;
  return given?.value;
}
