import { defineConfig } from "vitest/config";

/** Lua sources and examples are plain text to the program; esbuild does the same with `--loader:.lua=text`. */
const sourcesAsText = {
  name: "sources-as-text",
  transform: (code: string, id: string) =>
    /\.(?:lua|example|script)$/.test(id)
      ? { code: `export default ${JSON.stringify(code)}`, map: null }
      : undefined,
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [sourcesAsText],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/soak/**"],
    pool: "forks",
    // More than there are cores: most tests wait for a server, a pause or a rate most of the time.
    maxWorkers: 4,
    // Guards against what hangs, and nothing else: a busy machine may take ten times as long as a free one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      reportsDirectory: "coverage",
    },
  },
});
