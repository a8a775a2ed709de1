/** The one exit-code table: `help exit-codes` prints it, src/help/exit-codes.md quotes it, `main` maps errors with it. */
export const EXIT_CODES = {
  done: { code: 0, meaning: "done" },
  unexpected: { code: 1, meaning: "unexpected error: a bug in push-cli; --debug shows where" },
  usage: { code: 2, meaning: "usage: unknown command or flag, or a value that can't be used" },
  nothing: { code: 3, meaning: "nothing to do: the audience is empty, or what was named does not exist" },
  credentials: { code: 4, meaning: "appid, secret or access token missing or refused" },
  config: { code: 5, meaning: "invalid configuration file or environment variable" },
  redis: { code: 6, meaning: "Redis unreachable, or it refused the connection or a command" },
  api: { code: 7, meaning: "API unreachable" },
  partial: { code: 8, meaning: "partly failed: recipients failed or unknown, or bad lines, rows or checks" },
  stopped: {
    code: 9,
    meaning: "stopped: fatal answer, error threshold, pause, cancel, or a run that died",
  },
  locked: {
    code: 10,
    meaning: "lock held elsewhere, broadcast already running, or its --id is taken",
  },
  confirm: { code: 11, meaning: "confirmation needed: give --yes" },
  output: { code: 12, meaning: "a report, an export or stdout can't be written, e.g. disk full" },
  timeout: { code: 124, meaning: "gave up waiting (--timeout); what was waited for keeps running" },
  sighup: { code: 129, meaning: "terminal closed (SIGHUP), after a clean stop" },
  sigint: { code: 130, meaning: "interrupted by Ctrl-C (SIGINT) after a clean stop" },
  sigterm: { code: 143, meaning: "terminated (SIGTERM) after a clean stop" },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

export function exitCode(name: ExitName): number {
  return EXIT_CODES[name].code;
}
