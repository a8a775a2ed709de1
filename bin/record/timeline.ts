import type { Run, Screen } from "./screen.ts";

/** What was visible at one moment. */
export interface Frame {
  atMs: number;
  screen: Screen;
  /** Where the shell waits for input: row and column, from 0. */
  cursor?: { row: number; column: number };
  /** What is being typed in another terminal. */
  aside?: string;
}

/** A thing to be drawn, and when it is visible. */
export interface Span<Thing> {
  fromMs: number;
  toMs: number;
  thing: Thing;
}

export type Thing =
  | { kind: "row"; row: number; runs: Run[] }
  | { kind: "cursor"; row: number; column: number }
  | { kind: "aside"; text: string };

/** A recording as spans: what stays the same from one frame to the next is one thing for all that time. */
export interface Timeline {
  lengthMs: number;
  spans: Span<Thing>[];
}

/** Maximum duration of a part of a recording, in ms. */
export interface Limits {
  /** Typing a command, including the time to read the screen. */
  prompt: number;
  /** A program running. */
  run: number;
  aside: number;
}

/**
 * Joins frames to a timeline. A part that took longer than its limit is played faster, so that a busy machine does not make
 * the recording longer. The last frame stays for another `holdMs`.
 */
export function makeTimeline(frames: readonly Frame[], limits: Limits, holdMs: number): Timeline {
  const open = new Map<string, Span<Thing>>();
  const spans: Span<Thing>[] = [];
  let lengthMs = 0;
  for (const { frame, atMs } of playTimes(frames, limits)) {
    lengthMs = atMs;
    const things = new Map(thingsOf(frame).map((thing) => [JSON.stringify(thing), thing]));
    closeThose(open, (name) => !things.has(name), atMs);
    for (const [name, thing] of things) {
      if (open.has(name)) continue;
      const span = { fromMs: atMs, toMs: atMs, thing };
      open.set(name, span);
      spans.push(span);
    }
  }
  lengthMs += holdMs;
  closeThose(open, () => true, lengthMs);
  return { lengthMs, spans };
}

/** When each frame is to be shown, from 0. */
function playTimes(frames: readonly Frame[], limits: Limits): { frame: Frame; atMs: number }[] {
  let startMs = 0;
  return partsOf(frames).flatMap(({ part, untilMs }) => {
    const first = part[0]?.atMs ?? untilMs;
    const factor = Math.min(1, limits[kindOf(part[0])] / Math.max(1, untilMs - first));
    const offsetMs = startMs;
    startMs += (untilMs - first) * factor;
    return part.map((frame) => ({ frame, atMs: Math.round(offsetMs + (frame.atMs - first) * factor) }));
  });
}

/** Consecutive frames of one kind, each part up to the beginning of the next. */
function partsOf(frames: readonly Frame[]): { part: Frame[]; untilMs: number }[] {
  const parts: { part: Frame[]; untilMs: number }[] = [];
  for (const frame of frames) {
    const last = parts.at(-1);
    if (last !== undefined) last.untilMs = frame.atMs;
    if (last !== undefined && kindOf(last.part[0]) === kindOf(frame)) last.part.push(frame);
    else parts.push({ part: [frame], untilMs: frame.atMs });
  }
  return parts;
}

function kindOf(frame: Frame | undefined): keyof Limits {
  if (frame?.aside !== undefined) return "aside";
  return frame?.cursor === undefined ? "run" : "prompt";
}

function thingsOf({ screen, cursor, aside }: Frame): Thing[] {
  return [
    ...screen.flatMap((runs, row): Thing[] => (runs.length === 0 ? [] : [{ kind: "row", row, runs }])),
    ...(cursor === undefined ? [] : [{ kind: "cursor" as const, ...cursor }]),
    ...(aside === undefined ? [] : [{ kind: "aside" as const, text: aside }]),
  ];
}

function closeThose(open: Map<string, Span<Thing>>, isOver: (name: string) => boolean, nowMs: number): void {
  for (const [name, span] of open) {
    if (!isOver(name)) continue;
    span.toMs = nowMs;
    open.delete(name);
  }
}
