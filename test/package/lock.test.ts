import { cpSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { makeFolder } from "../setup/clone.ts";
import { ROOT } from "../structure/files.ts";
import { runNpm } from "./npm.ts";

it("has a package-lock.json that npm ci accepts", async () => {
  const folder = makeFolder();
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    cpSync(path.join(ROOT, file), path.join(folder, file));
  // Offline: what is missing from the lock must not be looked up.
  const { code, stderr } = await runNpm("npm", ["ci", "--dry-run", "--offline"], folder);
  expect(stderr.split("\n").filter((line) => /^npm error (code|Missing|Invalid)/.test(line))).toEqual([]);
  expect(code).toBe(0);
});
