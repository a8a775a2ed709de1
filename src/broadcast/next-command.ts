import { isResumable } from "./status.ts";
import type { BroadcastView } from "./view.ts";

/** A command that an operator may run next. */
export interface NextCommand {
  command: string;
  /** The purpose, shown before the command. */
  why: string;
}

type Needs = Pick<BroadcastView, "status"> & {
  /** Absent at the end of a run, when nobody else is thought of. */
  runs?: BroadcastView["runs"];
  record: Pick<BroadcastView["record"], "id" | "cut" | "resumeWith" | "canary">;
  result: Pick<BroadcastView["result"], "outcomes" | "open">;
};

/** The next commands for a broadcast in its present state, most useful first; empty when there is nothing left to do. */
export function nextCommands({
  status,
  runs = [],
  record: { id, cut, resumeWith, canary },
  result: { outcomes, open },
}: Needs): NextCommand[] {
  const broadcast = (verb: string, more = "") => `push-cli broadcast ${verb} ${id}${more}`;
  if (status === "running") return [{ why: "to watch it", command: broadcast("watch") }];
  if (status === "scheduled") {
    if (runs.some(({ alive }) => alive)) return [{ why: "to watch it", command: broadcast("watch") }];
    return [
      { why: "to wait for its time here", command: broadcast("resume") },
      { why: "to begin now", command: broadcast("resume", " --now") },
      { why: "to begin whatever is due", command: "push-cli broadcast run-due" },
    ];
  }
  if (isResumable(status)) {
    // A run that was killed could not write what a resume requires.
    const required = resumeWith ?? (canary?.verdict === "failed" ? "--accept-canary" : undefined);
    const option = required === undefined ? "" : ` ${required}`;
    return [{ why: "to resume it", command: broadcast("resume", option) }];
  }
  const next: NextCommand[] = [];
  const { failed = 0, unknown = 0 } = outcomes ?? {};
  const kinds = [...(failed > 0 ? ["failed"] : []), ...(unknown > 0 ? ["unknown"] : [])];
  if (kinds.length > 0)
    next.push({
      why: "to list them",
      command: broadcast("recipients", ` --outcome ${kinds.join(",")}`),
    });
  if (status !== "finished") return next;
  if (open) next.unshift({ why: "to finish what a killed run had claimed", command: broadcast("resume") });
  if (failed > 0)
    next.push({ why: "to retry the failed ones", command: broadcast("resume", " --retry-failed") });
  if (unknown > 0)
    next.push({ why: "to retry the unknown ones", command: broadcast("resume", " --retry-unknown") });
  if (cut) next.push({ why: "to send to everyone else", command: broadcast("resume", " --limit none") });
  return next;
}

/** The first of them. */
export function nextCommand(needs: Needs): NextCommand | undefined {
  return nextCommands(needs)[0];
}
