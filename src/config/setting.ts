/** A setting. All that the program knows of it is derived from its row. */
export interface Setting {
  env: string;
  /** With what stands for its value: `--redis-url <url>`. Absent for what may not be on the command line. */
  flag?: string;
  /** What it is, for the help and for editors. */
  what: string;
  /** Its value where nothing gives it one. */
  default?: string;
  /** All values that it may have. */
  choices?: readonly string[];
  /** Some of the values that it may have, for completion. */
  suggestions?: readonly string[];
  /** What its text stands for: a number, or a time with its unit. Absent: text. */
  form?: "count" | "duration";
  /** What is wrong with a value, as the end of a sentence about it. */
  problem(value: string): string | undefined;
  /** What to write instead. */
  hint: string;
  /** It is the path of a file, from the folder that it was given in. */
  isPath?: true;
  /** The value as it may be shown; absent: as it is. */
  redact?(value: string): string;
  /** The variable that names a file which holds the value instead. It makes the setting a secret: no message quotes it. */
  fileEnv?: string;
  /** A wrong one is the collector's matter, and keeps no other command from its work. */
  collectorOnly?: true;
  /** `Settings` does not have it as it is, but something that is made of it. */
  derived?: true;
}
