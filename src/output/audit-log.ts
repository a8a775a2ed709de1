import { PushCliError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { openToAppend } from "./append-file.ts";
import { visibleJson } from "./format.ts";

/** A command's result, for its final line. */
export interface AuditNote {
  broadcastId?: string | undefined;
  /** By name: how many messages were sent, entries removed ... */
  counts?: Readonly<Record<string, number>> | undefined;
}

/** What is known about a command before it runs; no field holds a secret. */
export interface AuditFacts {
  user: string;
  host: string;
  pid: number;
  version: string;
  /** The words of the command line after the program's name. */
  command: readonly string[];
  dryRun: boolean;
}

/** Where it works, according to the settings; without passwords. */
export interface AuditPlace {
  profile: string | undefined;
  redis: string;
  channel: string;
  api: string;
  appid: string | undefined;
}

/** The lines of one command in an audit log: one before it does anything, one when it is over. */
export interface AuditTrail {
  /**
   * Throws an `output` error when the line can't be written. If it is never called, there is no final line either.
   */
  begin(path: string, place: AuditPlace): void;
  note(note: AuditNote): void;
  /** To be called once. Throws like `begin`. */
  end(exit: ExitName): void;
}

/** `now`: epoch ms. `codeOf`: the number of an exit code. */
export function createAuditTrail(
  facts: AuditFacts,
  clock: { now(): number; monotonic(): number },
  codeOf: (exit: ExitName) => number,
): AuditTrail {
  let open: { path: string; base: object; startedAtMs: number; startedMonotonic: number } | undefined;
  let noted: AuditNote = {};
  return {
    begin: (path, place) => {
      const startedAtMs = clock.now();
      const base = { ...facts, ...place };
      append(path, { at: iso(startedAtMs), event: "started", ...base });
      open = { path, base, startedAtMs, startedMonotonic: clock.monotonic() };
    },
    note: (note) => {
      noted = { ...noted, ...note };
    },
    end: (exit) => {
      if (!open) return;
      const { path, base, startedAtMs, startedMonotonic } = open;
      open = undefined;
      append(path, {
        at: iso(clock.now()),
        event: "ended",
        ...base,
        result: exit,
        exitCode: codeOf(exit),
        ...noted,
        startedAt: iso(startedAtMs),
        durationMs: Math.round(clock.monotonic() - startedMonotonic),
      });
    },
  };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Opened for each line: between the first and the last line of a collector, logrotate may have moved the file. */
function append(path: string, line: object): void {
  try {
    const file = openToAppend(path);
    try {
      file.append(`${visibleJson(line)}\n`);
    } finally {
      file.close();
    }
  } catch (error) {
    throw new PushCliError("output", `cannot write the audit log "${path}": ${(error as Error).message}`, {
      hint: "commands that change or send something require their audit log: fix the file, or remove --audit-log (PUSH_CLI_AUDIT_LOG, auditLog)",
      cause: error,
    });
  }
}
