import { defineConfig } from "vitest/config";

/** Lua sources and examples are plain text to the program; esbuild does the same with `--loader:.lua=text`. */
const sourcesAsText = {
  name: "sources-as-text",
  transform: (code: string, id: string) =>
    /\.(?:lua|example)$/.test(id) ? { code: `export default ${JSON.stringify(code)}`, map: null } : undefined,
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [sourcesAsText],
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      reportsDirectory: "coverage",
    },
  },
});
