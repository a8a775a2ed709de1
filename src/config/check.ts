import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import type { ConfigFile } from "./config-file.ts";
import { createLocator } from "./describe.ts";
import type { Fault } from "./faults.ts";
import { type Given, type Origin, SettingError, settingProblem } from "./given.ts";
import { envLayer, flagLayer, type Layer } from "./layers.ts";
import { profileNames, profileSections } from "./profiles.ts";
import { chosenProfile, findConfigFiles, resolveFrom, type SettingFlags } from "./resolve.ts";
import { SETTING_KEYS } from "./setting-keys.ts";
import { type ChannelDefaults, makeSettings } from "./settings.ts";
import { unknownVariables } from "./variables.ts";

/** A problem to correct; a row of `config check`. Holds no secret. */
export interface Problem {
  severity: "error" | "warning";
  /** The configuration file, with line and column, both from 1. */
  file?: string;
  line?: number;
  column?: number;
  /** A complete sentence that names the key, variable or flag, and its value. */
  problem: string;
  /** What to write instead. */
  fix?: string;
}

type Place = Pick<Io, "env" | "cwd">;
type DefaultsOf = (channel: string) => Promise<ChannelDefaults>;

/** Finds all problems in the configuration files, in all of their profiles, and in environment and flags. */
export async function checkConfiguration(
  flags: SettingFlags,
  io: Place,
  defaultsOf: DefaultsOf,
): Promise<Problem[]> {
  const unseen: string[] = [];
  const found = await findConfigFiles(flags, io, (text) => unseen.push(text)).catch(asProblem);
  if ("severity" in found) return [found];
  const { files, faults } = found;
  const isWhole = faults.length === 0;
  const checked = isWhole ? await checkProfiles(files, flags, io, defaultsOf) : [];
  const own = { ...(await envLayer(io)), ...flagLayer(flags, io.cwd) };
  const problems: Problem[] = [
    ...faults.map(fromFault),
    ...(await locateAll(layerProblems(own), files)),
    ...unknownVariables(io).map(({ text, fix }) => ({ severity: "error" as const, problem: text, fix })),
    ...checked,
    ...unseen.map((problem) => ({ severity: "warning" as const, problem })),
  ];
  return withoutTwins(problems);
}

/** The settings must be valid with each existing profile, and without a profile if none is chosen. */
async function checkProfiles(
  files: ConfigFile[],
  flags: SettingFlags,
  io: Place,
  defaultsOf: DefaultsOf,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const chosen = chosenProfile(flags, io, files);
  const others = profileNames(files).filter((name) => name !== chosen?.value);
  for (const profile of [chosen, ...others.map((name) => inFile(files, name))]) {
    try {
      const resolved = { ...(await resolveFrom(files, profile, flags, io)), unseen: [] };
      const wrong = [
        ...layerProblems(resolved.layers),
        ...(await channelProblems(resolved.layers, defaultsOf)),
      ];
      problems.push(...(await locateAll(wrong, files)));
      if (wrong.length > 0) continue;
      const { warnings } = await makeSettings(resolved, io, defaultsOf);
      const unknown = unknownVariables(io).map(({ text }) => text);
      problems.push(
        ...warnings
          .filter((text) => !unknown.includes(text))
          .map((problem) => ({ severity: "warning" as const, problem })),
      );
    } catch (error) {
      problems.push(...(await locateAll([asPushCliError(error)], files)));
    }
  }
  return problems;
}

function inFile(files: readonly ConfigFile[], name: string): Given {
  const [first] = profileSections(files, name);
  const place = first && { path: first.file.path, keys: first.keys };
  return { value: name, origin: { source: "file", name: `profile "${name}"`, ...(place && { place }) } };
}

/** Including those of the collector's secrets. */
function layerProblems(layer: Layer): PushCliError[] {
  return SETTING_KEYS.flatMap((key) => {
    const given = layer[key];
    return (given && settingProblem(key, given)) ?? [];
  });
}

async function channelProblems({ channel }: Layer, defaultsOf: DefaultsOf): Promise<PushCliError[]> {
  if (!channel || settingProblem("channel", channel)) return [];
  try {
    await defaultsOf(channel.value);
    return [];
  } catch (error) {
    const { message, hint } = asPushCliError(error);
    return [new SettingError(channel.origin, `: ${message}`, { hint })];
  }
}

async function locateAll(errors: readonly PushCliError[], files: readonly ConfigFile[]): Promise<Problem[]> {
  const locate = createLocator(files);
  return Promise.all(
    errors.map(async (error) => {
      const origin: Origin | undefined = error instanceof SettingError ? error.origin : undefined;
      const { file, line, column } = origin?.place ? await locate(origin) : {};
      const problem = asProblem(error);
      if (file === undefined) return problem;
      const text = problem.problem.replaceAll(` in "${file}"`, "");
      return { ...problem, problem: text, file, ...(line && column && { line, column }) };
    }),
  );
}

function asProblem(error: unknown): Problem {
  const { message, hint } = asPushCliError(error);
  return { severity: "error", problem: message, ...(hint !== undefined && { fix: hint }) };
}

function asPushCliError(error: unknown): PushCliError {
  if (error instanceof PushCliError) return error;
  throw error;
}

function fromFault({ path: file, position, subject = "", problem, hint }: Fault): Problem {
  return {
    severity: "error",
    file,
    ...position,
    problem: `${subject}${problem}`.trim(),
    ...(hint !== undefined && { fix: hint }),
  };
}

/** A problem above all profiles is found again with each of them. */
function withoutTwins(problems: readonly Problem[]): Problem[] {
  const texts = problems.map((one) => JSON.stringify([one.file, one.line, one.problem]));
  return problems.filter((_, i) => texts.indexOf(texts[i] ?? "") === i);
}
