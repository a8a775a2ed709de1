/** A setting. Everything that the program knows about it is derived from its row. */
export interface Setting {
  env: string;
  /** Including the placeholder of its value: `--redis-url <url>`. Absent if it is not allowed on the command line. */
  flag?: string;
  /** Its description, for the help and for editors. */
  what: string;
  /** The value if it is not set. */
  default?: string;
  /** All allowed values. */
  choices?: readonly string[];
  /** Some of the allowed values, for completion. */
  suggestions?: readonly string[];
  /** How its text is interpreted: as a number, or as a duration with its unit. Absent: text. */
  form?: "count" | "duration";
  /** The problem of a value, as the end of a sentence about it. */
  problem(value: string): string | undefined;
  /** What to write instead. */
  hint: string;
  /** It is a file path, relative to the folder of its source. */
  isPath?: true;
  /** The value for display; defaults to the unchanged value. */
  redact?(value: string): string;
  /** The variable that names a file with the value. It makes the setting a secret: no message quotes it. */
  fileEnv?: string;
  /** An invalid value only concerns the collector, and does not affect other commands. */
  collectorOnly?: true;
  /** `Settings` does not contain it directly, but a value derived from it. */
  derived?: true;
}
