import type { NextCommand } from "../broadcast/next-command.ts";
import type { Outcome } from "../broadcast/outcome.ts";
import type { Errcode } from "../broadcast/ports.ts";
import type { ReportLine } from "../broadcast/report.ts";
import type { BroadcastView } from "../broadcast/view.ts";

/** All that the page of a broadcast shows. */
export interface ReportData {
  view: BroadcastView;
  /** When the view was taken, epoch ms. */
  takenAtMs: number;
  /** Of all times on the page, in words. */
  timeZone: string;
  /** Of push-cli. */
  version: string;
  /** The channel in words. */
  channel: string;
  /** What an outcome means. */
  wordsOf(outcome: Outcome): string;
  meaningOf(errcode: Errcode): string | undefined;
  remedyOf(errcode: Errcode): string | undefined;
  /** What the messages spend, in the plural; undefined where they spend nothing. */
  spends: string | undefined;
  /** What was asked for, beyond the message. */
  settings: readonly Fact[];
  /** Users left out, by the option that did it. */
  filtered: readonly (readonly [option: string, count: number])[];
  missed: Missed;
  next: readonly NextCommand[];
}

export type Fact = readonly [name: string, text: string];

/** Recipients whose message failed, or may have. */
export interface Missed {
  /** The first of them. */
  lines: readonly ReportLine[];
  /** How many there are by the totals; null where that is not known. */
  total: number | null;
  /** The command that lists all of them. */
  command: string;
  /** With whole openIds. */
  isFull: boolean;
}
