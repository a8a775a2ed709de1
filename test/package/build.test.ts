import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../structure/files.ts";

/** Test files build for themselves while `npx push-cli` has to go on working in the clone. */
test("a build into another folder leaves the built program of the clone alone", () => {
  const program = join(ROOT, "dist", "push-cli.js");
  expect(existsSync(program)).toBe(true);
  const folder = mkdtempSync(join(tmpdir(), "push-cli-build-"));
  try {
    execFileSync("npm", ["run", "--silent", "build", "--", `--outdir=${folder}`], {
      cwd: ROOT,
      stdio: "pipe",
    });
    expect(existsSync(join(folder, "push-cli.js"))).toBe(true);
    expect(existsSync(program)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
