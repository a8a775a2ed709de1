import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { loadSettings, type SettingFlags } from "../../src/config/settings.ts";
import type { PushCliError } from "../../src/errors.ts";

/** The working directory, new for every test. */
export let cwd: string;
/** The project's configuration file. */
export let here: string;
/** The user's, when `home()` is the environment. */
export let users: string;

export function useFolder(): void {
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "config-"));
    here = join(cwd, "push-cli.config.json");
    users = join(cwd, "home", ".config", "push-cli", "push-cli.config.json");
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));
}

type Env = Record<string, string>;

export const home = (): Env => ({ HOME: join(cwd, "home") });

export const load = (flags: SettingFlags = {}, env: Env = {}) => loadSettings(flags, { cwd, env });

export function write(path: string, content: unknown, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(path, mode);
}

export async function failure(flags: SettingFlags = {}, env: Env = {}): Promise<PushCliError> {
  return load(flags, env).then(
    () => expect.fail("loaded"),
    (error) => error,
  );
}
