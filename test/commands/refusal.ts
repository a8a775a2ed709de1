import { expect } from "vitest";
import type { ErrorKind } from "../../src/errors.ts";
import { exitCode } from "../../src/exit-codes.ts";
import type { CliOptions, CliResult } from "../helpers/cli.ts";

export interface Refusal {
  kind: ErrorKind;
  message: RegExp;
  hint?: RegExp;
}

type Cli = (argv: string[], options?: CliOptions) => Promise<CliResult>;

/**
 * The command ends with the exit code of `kind`, prints no data, and says why: in two lines for people, in one JSON
 * document for scripts. Neither has a stack trace or any of `secrets` in it.
 */
export async function expectRefusal(
  cli: Cli,
  argv: string[],
  { kind, message, hint = /\S/ }: Refusal,
  { secrets = [], ...options }: CliOptions & { secrets?: string[] } = {},
): Promise<void> {
  const told = await cli(argv, options);
  expect(told).toMatchObject({ code: exitCode(kind), stdout: "" });
  const [, said = "", next = ""] = /^error: (.+)\nhint: (.+)\n$/.exec(told.stderr) ?? [];
  expect({ said, next, stderr: told.stderr }).toMatchObject({
    said: expect.stringMatching(message),
    next: expect.stringMatching(hint),
  });
  const asJson = await cli([...argv, "--json"], options);
  expect(asJson).toMatchObject({ code: exitCode(kind), stdout: "" });
  expect(JSON.parse(asJson.stderr)).toEqual({
    error: { code: kind, message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
  });
  const printed = told.stderr + asJson.stderr;
  expect(printed).not.toMatch(/\n {4}at |\\n {4}at /);
  for (const secret of secrets) expect(printed).not.toContain(secret);
}
