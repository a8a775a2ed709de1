import type { Io } from "../output/io.ts";
import { type ConfigFile, configPlaces } from "./config-file.ts";
import { type Given, SettingError } from "./given.ts";
import { nearestWord } from "./nearest.ts";
import type { ConfigProfile } from "./schema.ts";

/** A part of a file, and its position: its keys from the outside in. */
export interface PlacedSection {
  file: ConfigFile;
  section: ConfigProfile;
  keys: string[];
}

/** The names of all profiles, each once. */
export function profileNames(files: readonly ConfigFile[]): string[] {
  return [...new Set(files.flatMap(({ document }) => Object.keys(document.profiles ?? {})))];
}

/** The section of the profile in each file; empty if no file has it. */
export function profileSections(files: readonly ConfigFile[], name: string): PlacedSection[] {
  return files.flatMap((file) => {
    const profiles = file.document.profiles ?? {};
    const section = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    return section ? [{ file, section, keys: ["profiles", name] }] : [];
  });
}

/** The same for the requested profile, if any; throws when no file has it. */
export function requireProfile(
  files: readonly ConfigFile[],
  profile: Given | undefined,
  io: Pick<Io, "env" | "cwd">,
): PlacedSection[] {
  const sections = profile ? profileSections(files, profile.value) : [];
  if (profile && sections.length === 0) throw missingProfile(files, profile, io);
  return sections;
}

function missingProfile(
  files: readonly ConfigFile[],
  { value, origin }: Given,
  io: Pick<Io, "env" | "cwd">,
): SettingError {
  const names = profileNames(files);
  const meant = nearestWord(value, names);
  const hint =
    files.length === 0
      ? `profiles are defined in a configuration file: ${configPlaces(io).join(" or ")}`
      : names.length === 0
        ? `no profiles are defined in ${files.map(({ path }) => `"${path}"`).join(" and ")}`
        : `available profiles: ${names.join(", ")}`;
  return new SettingError(origin, `: unknown profile "${value}"`, {
    hint: meant ? `did you mean "${meant}"? ${hint}` : hint,
  });
}
