import { expect, it } from "vitest";
import type { Run } from "../../bin/record/screen.ts";
import { type Frame, makeTimeline } from "../../bin/record/timeline.ts";

const LIMITS = { prompt: 100, run: 1000, aside: 1000 };

function frame(atMs: number, rows: string[], more: Partial<Frame> = {}): Frame {
  return { atMs, screen: rows.map((text) => (text === "" ? [] : [runOf(text)])), ...more };
}

function runOf(text: string): Run {
  return { column: 0, width: text.length, text, bold: false, dim: false, colour: undefined };
}

/** Each thing in short: what, from when, until when. */
function inShort(frames: Frame[], limits = LIMITS) {
  const { lengthMs, spans } = makeTimeline(frames, limits, 500);
  const shown = spans.map(({ fromMs, toMs, thing }) => {
    const what = thing.kind === "row" ? `${thing.row} ${thing.runs[0]?.text}` : thing.kind;
    return `${what}: ${fromMs}-${toMs}`;
  });
  return { lengthMs, shown };
}

it("draws a row once for as long as it stands there, and again when it comes back", () => {
  const frames = [
    frame(7000, ["a", "b"]),
    frame(7100, ["a", "b"]),
    frame(7200, ["a", "c"]),
    frame(7300, ["a", "b"]),
  ];
  expect(inShort(frames)).toEqual({
    lengthMs: 800,
    shown: ["0 a: 0-800", "1 b: 0-200", "1 c: 200-300", "1 b: 300-800"],
  });
});

it("plays a part that took too long faster, and leaves the others at their pace", () => {
  const cursor = { row: 0, column: 0 };
  const frames = [
    frame(0, ["a"], { cursor }),
    frame(200, ["b"], { cursor }),
    frame(400, ["c"]),
    frame(500, ["d"]),
    frame(600, ["d"], { aside: "kill" }),
  ];
  expect(inShort(frames)).toEqual({
    lengthMs: 800,
    shown: ["0 a: 0-50", "cursor: 0-100", "0 b: 50-100", "0 c: 100-200", "0 d: 200-800", "aside: 300-800"],
  });
});

it("makes nothing of no frames", () => {
  expect(inShort([])).toEqual({ lengthMs: 500, shown: [] });
});
