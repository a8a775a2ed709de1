/** The one exit-code table: `help exit-codes` prints it, src/help/exit-codes.md quotes it, `main` maps errors with it. */
export const EXIT_CODES = {
  done: { code: 0, meaning: "done" },
  unexpected: { code: 1, meaning: "unexpected error: a bug in push-cli; --debug shows a stack trace" },
  usage: { code: 2, meaning: "usage error: unknown command or option, or invalid value" },
  nothing: { code: 3, meaning: "nothing to do: the audience is empty, or no such broadcast or pool exists" },
  credentials: { code: 4, meaning: "appid, secret or access token refused or missing" },
  config: { code: 5, meaning: "invalid configuration file or environment" },
  redis: { code: 6, meaning: "Redis unreachable, or connection or command refused" },
  api: { code: 7, meaning: "API unreachable" },
  partial: {
    code: 8,
    meaning: "partly failed: recipients failed or unknown, invalid lines, failed checks",
  },
  stopped: {
    code: 9,
    meaning: "stopped: fatal answer, errors, deadline, canary, pause, cancel, dead run",
  },
  locked: {
    code: 10,
    meaning: "lock held, broadcast already running, or --id already taken",
  },
  confirm: { code: 11, meaning: "confirmation needed: use --yes" },
  output: { code: 12, meaning: "can't write a report, an export or stdout, for example disk full" },
  timeout: { code: 124, meaning: "timed out waiting (--timeout); the broadcast continues" },
  sighup: { code: 129, meaning: "hangup (SIGHUP): terminal closed, after a clean stop" },
  sigint: { code: 130, meaning: "interrupted by Ctrl-C (SIGINT) after a clean stop" },
  sigterm: { code: 143, meaning: "terminated (SIGTERM) after a clean stop" },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

export function exitCode(name: ExitName): number {
  return EXIT_CODES[name].code;
}
