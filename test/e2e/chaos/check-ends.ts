import type { End } from "./cli.ts";
import type { World } from "./world.ts";

/** Exit codes as the manual has them. */
const EXIT = { done: 0, nothing: 3, redis: 6, partial: 8, locked: 10, sigterm: 143 };

/** Whether each process of the tool ended as it is documented to, one line for each that did not. */
export function checkEnds(world: World): string[] {
  return world.ends.flatMap((end) => {
    const why = judgeEnd(end, world);
    return why === undefined ? [] : [`${describeEnd(end)}: ${why}`];
  });
}

export function describeEnd({ args, code, signal, struck, startedAt, endedAt, stderr }: End): string {
  const blows = struck.length > 0 ? ` after ${struck.join(", ")}` : "";
  const said = stderr.trim().split("\n").slice(-3).join(" | ");
  const took = `${Math.round(endedAt - startedAt)} ms`;
  return `push-cli ${args.join(" ")} ended with ${code ?? signal}${blows} in ${took}${said ? ` (${said})` : ""}`;
}

/** Undefined when all is well. */
function judgeEnd(end: End, world: World): string | undefined {
  if (end.hung) return "it would not end";
  if (end.code === null) return judgeDeath(end);
  if (isBystander(end)) return judgeBystander(end);
  switch (end.code) {
    case EXIT.done:
    case EXIT.partial:
      return judgeFinish(end);
    case EXIT.sigterm:
      return judgeTermination(end);
    case EXIT.nothing:
      // Joined too late to find anything running.
      return end.args.includes("resume") ? undefined : "a first run has something to do";
    case EXIT.redis:
      return metOutage(end, world) ? undefined : "Redis was there all the time";
    case EXIT.locked:
      return world.plan.kind === "paused" ? undefined : "nobody else was at work";
    default:
      return "nothing in this round accounts for that exit code";
  }
}

/** A process that does not work on the broadcast. */
export function isBystander({ args }: End): boolean {
  return args[0] === "purge" || args[0] === "suppress" || args[1] === "show";
}

function judgeBystander({ args, code }: End): string | undefined {
  // The broadcast may have taken the last code of the last pool.
  if (args[0] === "purge" && code === EXIT.nothing) return undefined;
  return code === EXIT.done ? undefined : "there was nothing in its way";
}

/** Before it listens to signals, and after, a process dies of a SIGTERM as any other. */
function judgeDeath({ signal, struck }: End): string | undefined {
  return signal !== null && struck.includes(signal) ? undefined : "nobody sent that signal";
}

function judgeFinish({ code, document }: End): string | undefined {
  if (!document) return "there is no document on stdout";
  if (document.status !== "finished") return `the document says ${document.status}`;
  const { failed, unknown } = document.outcomes;
  const expected = failed + unknown > 0 ? EXIT.partial : EXIT.done;
  return code === expected
    ? undefined
    : `with ${failed} failed and ${unknown} unknown it should be ${expected}`;
}

function judgeTermination({ struck, document }: End): string | undefined {
  if (!struck.includes("SIGTERM")) return "nobody sent a SIGTERM";
  // The second one ends it at once.
  if (!document) return struck.length > 1 ? undefined : "a clean stop prints the document";
  return document.status === "interrupted" ? undefined : `the document says ${document.status}`;
}

function metOutage({ startedAt, endedAt }: End, { outages }: World): boolean {
  return outages.some(({ from, to }) => from < endedAt && to > startedAt);
}
