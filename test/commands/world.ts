import { beforeAll } from "vitest";
import type { PrivateRedisOptions } from "../../src/local-redis/private-redis.ts";
import { main } from "../../src/main.ts";
import { type World as Servers, useWorld as useServers } from "../broadcast/world.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { checkPrinted } from "../helpers/documents.ts";
import { fakeIo } from "../output/fake-io.ts";

export { HOUR_MS } from "../broadcast/world.ts";

/** A Redis and a sandbox for a test file, both empty before every test, and the command line on top of them. */
export interface World extends Servers {
  env: Record<string, string>;
  cli(argv: string[], options?: CliOptions): Promise<CliResult>;
  /** What a terminal of 80 columns shows, without colours. */
  screen(argv: string[], options?: ScreenOptions): Promise<{ code: number; stdout: string; stderr: string }>;
}

export interface ScreenOptions {
  stdin?: string;
  /** Whether stdin is the terminal too, so that questions can be asked. */
  interactive?: boolean;
  /** What is typed at the controlling terminal, which answers questions while stdin is data. */
  typed?: string;
}

export function useWorld({ redis }: { redis?: PrivateRedisOptions } = {}): World {
  const world: World = Object.assign(useServers({ sandbox: { acceptAny: true }, redis }), {
    env: {},
    cli: (argv: string[], more: CliOptions = {}) =>
      runCli(argv, { ...more, env: { ...world.env, ...more.env } }),
    screen: (argv: string[], options?: ScreenOptions) => runOnScreen(argv, world.env, options),
  });
  beforeAll(() => {
    world.env = cliEnv(world.redis.url, world.sandbox.url);
  });
  return world;
}

/** The same without a Redis or an API to lead to. */
export async function runOnScreen(
  argv: string[],
  env: Record<string, string> = {},
  { stdin = "", interactive = false, typed }: ScreenOptions = {},
) {
  const outputs = ["stdout", "stderr"] as const;
  const io = fakeIo({
    terminals: interactive ? ["stdin", ...outputs] : [...outputs],
    columns: 80,
    ...(typed === undefined ? {} : { typed }),
    env: { NO_COLOR: "1", ...env },
  });
  io.stdin.end(stdin);
  const code = await main(argv, { ...io, cwd: "/nonexistent" });
  const printed = { stdout: io.stdout.text(), stderr: io.stderr.text() };
  await checkPrinted(argv, printed);
  return { code, ...printed };
}

/** A text with its wrapped lines in one piece again. */
export function unwrap(text: string): string {
  return text.replace(/\n +/g, " ");
}
