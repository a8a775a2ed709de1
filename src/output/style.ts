import type { Io, OutStream } from "./io.ts";

type Paint = (text: string) => string;

/** Colours that become plain text where they would not be shown. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

/** `visibleLines` in format.ts allows these sequences, and no others: a new one has to be added there. */
export function createStyle(enabled: boolean): Style {
  const paint = (open: number, close: number): Paint =>
    enabled ? (text) => `\x1b[${open}m${text}\x1b[${close}m` : (text) => text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    cyan: paint(36, 39),
  };
}

export const COLOR_CHOICES = ["auto", "always", "never"] as const;
/** `auto`: if the terminal shows them, unless the environment says otherwise. */
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/**
 * Whether output to `stream` has colours. With `auto`, FORCE_COLOR and CLICOLOR_FORCE take precedence over NO_COLOR
 * (no-color.org), as in Node.js itself, and that over TERM=dumb and CLICOLOR=0.
 */
export function hasColor(stream: OutStream, env: Io["env"], choice: ColorChoice): boolean {
  if (choice !== "auto") return choice === "always";
  const { FORCE_COLOR: forced, CLICOLOR_FORCE: cliForced } = env;
  if (forced) return forced !== "0" && forced !== "false";
  if (cliForced && cliForced !== "0") return true;
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb" && env.CLICOLOR !== "0";
}
