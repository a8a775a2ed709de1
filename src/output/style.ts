import type { Io, OutStream } from "./io.ts";

type Paint = (text: string) => string;

/** Colours that turn into plain text where they would not show. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

/** `visibleLines` in format.ts lets these sequences through, and no others: a new one has to be added there. */
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

/** Whether `stream` shows colours: a terminal that knows them, and nobody asked for none (see no-color.org). */
export function hasColor(stream: OutStream, env: Io["env"], wanted: boolean): boolean {
  return wanted && stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
