/** How much is told of the work: what went wrong, decisions too, each command of Redis and each HTTP exchange too. */
export const LOG_LEVELS = ["warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

type Say = (event: string, message: string, fields?: LogFields) => void;

/**
 * Where the program tells what it decides and does. Whoever may have one takes it as `log?: Logger` and calls it as
 * `log?.info(...)`: without one, not even the text is made. `event` names the kind of thing ("token", "sweep"), `message` says
 * it in words, `fields` has its figures.
 */
export interface Logger {
  warn: Say;
  info: Say;
  /** Absent where nobody looks at traces. */
  debug?: Say | undefined;
  /** From here on, the text appears in no line. */
  hide(secret: string): void;
}
