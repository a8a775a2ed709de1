import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { NO_TERMINAL } from "../e2e/built-cli.ts";
import { cliEnv } from "../helpers/cli.ts";
import { startTestRedis } from "../helpers/redis.ts";
import { ROOT, readFiles } from "../structure/files.ts";
import { type Command, isShown, type Result, readSteps, runSteps, type Step } from "./examples.ts";

const files = new Map([
  ["README.md", readFileSync(path.join(ROOT, "README.md"), "utf8")],
  ...readFiles("src/help", ".md"),
]);
const pages = [...files]
  .map(([file, text]) => ({ file, text, steps: readSteps(text) }))
  .filter(({ steps }) => steps.some((step) => !("setup" in step)));

/** A Redis, a sandbox and a folder of the page's own; the ports are those that pages show. */
async function runPage(steps: readonly Step[]): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "push-cli-page-"));
  const redis = await startTestRedis();
  const sandbox = await startSandbox({ acceptAny: true });
  try {
    const ports = new Map([
      ["7400", new URL(redis.url).port],
      ["8077", new URL(sandbox.url).port],
    ]);
    return await runSteps(steps, folder, ports, cliEnv(redis.url, sandbox.url));
  } finally {
    await sandbox.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

it("there are examples to run on several pages", () => {
  expect(pages.length).toBeGreaterThan(4);
});

it.skipIf(NO_TERMINAL).each(pages)(
  "the examples of $file print what the page shows",
  async ({ file, text, steps }) => {
    const results = await runPage(steps);
    const commands = steps.filter((step): step is Command => !("setup" in step));
    expect(results.length, file).toBe(commands.length);
    if (process.env.UPDATE_EXAMPLES) writeFileSync(path.join(ROOT, file), update(text, commands, results));
    else
      for (const [i, { lines, code }] of results.entries()) expectShown(commands[i] as Command, lines, code);
  },
  120_000,
);

function expectShown({ text, output }: Command, lines: readonly string[], code: number): void {
  // What a page shows no output of has at least to work.
  if (output.length === 0) expect(code, `${text}\n${lines.join("\n")}`).toBe(0);
  else if (!isShown(output, lines)) expect(lines.join("\n"), text).toBe(output.join("\n"));
}

/** The page with what its commands print now where that differs. */
function update(markdown: string, commands: readonly Command[], results: readonly Result[]): string {
  const lines: (string | string[])[] = markdown.split("\n");
  for (const [i, { output, line }] of commands.entries()) {
    const now = results[i]?.lines ?? [];
    if (output.length > 0 && !isShown(output, now))
      lines.splice(line, output.length, now, ...output.slice(1).map(() => []));
  }
  return lines.flat().join("\n");
}
