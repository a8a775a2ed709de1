import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/** Compares `text` with a file beside this one; UPDATE_GOLDEN=1 writes the file instead. */
export function expectGolden(name: string, text: string): void {
  const path = new URL(name, import.meta.url);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
}
