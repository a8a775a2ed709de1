import type { Check } from "../../../src/doctor/check.ts";
import type { CliOptions } from "../../helpers/cli.ts";
import type { World } from "../world.ts";

export interface Examined {
  code: number;
  ok: boolean;
  /** By "group name"; of several of one name the last. */
  of: Record<string, Check>;
  /** "group name" of all that have warned or failed, in order. */
  bad: string[];
  printed: string;
}

/** Runs the doctor; a machine that is busy is no finding. */
export async function examine(
  { cli }: Pick<World, "cli">,
  argv: string[],
  options?: CliOptions,
): Promise<Examined> {
  const { code, stdout, stderr } = await cli(["doctor", ...argv, "--timeout", "60s", "--json"], options);
  if (!stdout.startsWith("{")) throw new Error(`no document: ${stderr}`);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  const name = (check: Check) => `${check.group} ${check.name}`;
  const isBad = ({ state }: Check) => state === "warning" || state === "failed";
  return {
    code,
    ok,
    of: Object.fromEntries(checks.map((check) => [name(check), check])),
    bad: checks.filter(isBad).map((check) => `${name(check)} ${check.state}`),
    printed: `${stdout}${stderr}`,
  };
}
