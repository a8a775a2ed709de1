import { formatCount } from "../output/format.ts";
import type { Io } from "../output/io.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Deps } from "./deps.ts";

/** Of 800. */
const KILLED_AFTER = 300;
const POLL_MS = 10;

/**
 * Runs a broadcast in a process of its own and kills it without warning in the middle. Returns false when it was over
 * before that.
 */
export async function killInTheMiddle(
  deps: Deps,
  io: Io,
  argv: string[],
  sandbox: Sandbox,
  signal: AbortSignal,
): Promise<boolean> {
  const { out, clock } = deps;
  const child = await deps.sandbox.startCli(argv, io);
  let isOver = false;
  void child.ended.then(() => {
    isOver = true;
  });
  const progress = out.progress();
  const delivered = () => sandbox.stats().delivered;
  progress.update(() => `${formatCount(delivered())} messages delivered`);
  let endedByItself = false;
  try {
    while (delivered() < KILLED_AFTER && !isOver && !signal.aborted) await clock.sleep(POLL_MS, signal);
    endedByItself = isOver;
  } finally {
    progress.done();
    child.kill();
    await child.ended;
  }
  if (endedByItself || signal.aborted) return false;
  out.talk(`$ kill -9 ${child.pid}`);
  out.talk(`Killed. The sandbox has delivered ${formatCount(delivered())} messages so far.`);
  return true;
}
