import type { TestRedis } from "../helpers/redis.ts";

/** What one call of a script did, as Redis' MONITOR tells it: counts, so that a busy machine changes nothing. */
export interface ScriptCall {
  script: string;
  /** Redis commands that the script ran. */
  commands: number;
  /** Entries of pools that it had before it: what its LRANGEs span. */
  entries: number;
}

/** Does `work` and tells what every call of a script did meanwhile. */
export async function watchScripts<T>(
  { client }: TestRedis,
  work: () => Promise<T>,
): Promise<{ result: T; calls: ScriptCall[] }> {
  const calls: ScriptCall[] = [];
  const monitor = await client.monitor();
  const end = new Promise<void>((resolve) => {
    monitor.on("monitor", (_at: string, args: string[], source: string) => {
      if (args[0] === "echo" && args[1] === END) resolve();
      else note(calls, args, source);
    });
  });
  try {
    const result = await work();
    await client.echo(END);
    await end;
    return { result, calls };
  } finally {
    monitor.disconnect();
  }
}

const END = "the work is done";

function note(calls: ScriptCall[], [name = "", ...args]: string[], source: string): void {
  const last = calls.at(-1);
  if (source !== "lua") {
    if (/^(eval|fcall)/i.test(name)) calls.push({ script: args[0]!, commands: 0, entries: 0 });
  } else if (last) {
    last.commands++;
    if (/^lrange$/i.test(name)) last.entries += span(Number(args[1]), Number(args[2]));
  }
}

function span(from: number, to: number): number {
  return from >= 0 === to >= 0 ? Math.max(0, to - from + 1) : Number.POSITIVE_INFINITY;
}
