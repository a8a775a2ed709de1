import { expect } from "vitest";
import type { RunInfo, RunState } from "../../../src/broadcast/record.ts";
import type { ShownResult } from "../../../src/broadcast/view.ts";
import type { World } from "../../broadcast/world.ts";
import { broadcast, until } from "../../broadcast/world.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../../helpers/cli.ts";
import { runOnScreen } from "../world.ts";

/** The document of `broadcast show --json`. */
export type Shown = ShownResult & {
  next: string[];
  counted: string;
  users?: number;
  runs: { runId: string; alive: boolean; state: string; outcomes: ShownResult["outcomes"] }[];
};

/** A command that is under way. */
export interface UnderWay {
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  done: Promise<CliResult>;
}

type Commands = ReturnType<typeof useCommands>;

/** The commands under `broadcast` against a world. */
export function useCommands(world: World) {
  const env = () => cliEnv(world.redis.url, world.sandbox.url);
  const run = (argv: string[], options: CliOptions = {}) =>
    runCli(["broadcast", ...argv], { ...options, env: { ...env(), ...options.env } });
  const delivered = () => world.sandbox.stats().delivered;
  return {
    run,
    delivered,
    screen: (argv: string[]) => runOnScreen(["broadcast", ...argv], env()),
    show: async (id: string, ...more: string[]): Promise<Shown> => {
      const result = await run(["show", id, "--json", ...more]);
      expect(result.code, result.stderr).toBe(0);
      return result.json<Shown>();
    },
    resume: (id: string, args: string[] = [], options: CliOptions = {}) =>
      run(["resume", id, "--yes", "--json", ...args], options),
    /** Begins a broadcast, and waits until `many` messages are there. */
    begin: async (args: string[], many = 1): Promise<UnderWay> => {
      const underWay = start((options) => broadcast(world, args, options));
      await until(() => delivered() >= many);
      return underWay;
    },
  };
}

/** Starts a command that can be sent signals. */
export function start(begin: (options: CliOptions) => Promise<CliResult>): UnderWay {
  let deliver: UnderWay["signal"] = () => {};
  const done = begin({
    onStart: (signal) => {
      deliver = signal;
    },
  });
  return { signal: (name) => deliver(name), done };
}

/** Waits until what is shown of a broadcast fits, and returns it. */
export async function untilShown(
  { show }: Commands,
  id: string,
  fits: (shown: Shown) => boolean,
): Promise<Shown> {
  let shown = await show(id);
  await until(async () => {
    shown = await show(id);
    return fits(shown);
  });
  return shown;
}

/**
 * Makes the record say that its only run is still at work on another host: what a run looks like from here while its
 * heartbeat lasts. Returns the heartbeat's key.
 */
export async function moveRunFarAway({ redis: { client } }: World, id: string): Promise<string> {
  const key = `mina:broadcast:${id}`;
  const record = await client.hgetall(key);
  const field = Object.keys(record).find((name) => name.startsWith("run:"))!;
  const { ended: _, ...run } = JSON.parse(record[field]!) as RunInfo & RunState;
  await client.hset(key, { status: "running", [field]: JSON.stringify({ ...run, host: "far", pid: 4711 }) });
  await client.hdel(key, "reason", "exit", "finishedAtMs", "result");
  const heartbeat = `${key}:run:${run.runId}`;
  await client.set(heartbeat, JSON.stringify(run), "PX", 600_000);
  return heartbeat;
}

/** NDJSON. */
export function parseLines<T>(text: string): T[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as T);
}
