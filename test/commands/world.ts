import { afterAll, beforeAll, beforeEach } from "vitest";
import type { PrivateRedisOptions } from "../../src/local-redis/private-redis.ts";
import { main } from "../../src/main.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { checkPrinted } from "../helpers/documents.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { fakeIo } from "../output/fake-io.ts";

export const HOUR_MS = 3_600_000;

/** A Redis and a sandbox for a test file, both empty before every test, and the command line on top of them. */
export interface World {
  redis: TestRedis;
  sandbox: Sandbox;
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

export function useWorld(options: { redis?: PrivateRedisOptions } = {}): World {
  const world = {
    cli: (argv, more = {}) => runCli(argv, { ...more, env: { ...world.env, ...more.env } }),
    screen: (argv, options) => runOnScreen(argv, world.env, options),
  } as World;
  beforeAll(async () => {
    world.redis = await startTestRedis(options.redis);
    world.sandbox = await startSandbox({ acceptAny: true });
    world.env = cliEnv(world.redis.url, world.sandbox.url);
  });
  beforeEach(async () => {
    await world.redis.client.flushall();
    world.sandbox.reset();
  });
  afterAll(async () => {
    await world.sandbox?.close();
    await world.redis?.stop();
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
