import { defineConfig } from "vitest/config";
import usual from "./vitest.config.ts";

/** What takes minutes and seldom breaks: `npm run soak`. One file at a time, because memory and pace are looked at. */
export default defineConfig({
  ...usual,
  test: { ...usual.test, include: ["test/soak/**/*.test.ts"], exclude: [], fileParallelism: false },
});
