import { expect } from "vitest";
import type { ImportTotals } from "../../../src/pool/import.ts";
import type { CliResult } from "../../helpers/cli.ts";

/** What `pool import --json` prints: how much was read, and what became of it. */
export type Totals = Omit<ImportTotals, "rows"> & {
  lines: number;
  keys: number;
  values: number;
  dryRun: boolean;
};

/** Checks the counts, 0 unless given, and the exit code that follows from them. */
export function expectTotals(result: CliResult, expected: Partial<Totals>): CliResult {
  expect(result.json()).toEqual({
    imported: 0,
    known: 0,
    used: 0,
    expired: 0,
    bad: 0,
    overlong: 0,
    oddOpenIds: expect.any(Number),
    dryRun: false,
    ...expected,
  });
  expect(result.code).toBe(expected.bad ? 8 : 0);
  return result;
}
