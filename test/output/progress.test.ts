import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatTime } from "../../src/output/format.ts";
import { createOutput, type OutputOptions } from "../../src/output/output.ts";
import { displayWidth } from "../../src/output/width.ts";
import { type FakeIoOptions, fakeIo } from "./fake-io.ts";

const NOW = 1_700_000_000_000;

function setUp(ioOptions: FakeIoOptions, options: Partial<OutputOptions> = {}) {
  const io = fakeIo(ioOptions);
  const out = createOutput(io, { quiet: false, color: "never", ...options }, { now: () => NOW });
  return { io, out };
}

describe("in a log", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  it("is a line with the time every 10 s, the newest state each time", async () => {
    const { io, out } = setUp({});
    const progress = out.progress();
    progress.update(() => "1 sent");
    progress.update(() => "2 sent");
    vi.advanceTimersByTime(9_999);
    expect(io.stderr.text()).toBe("");
    vi.advanceTimersByTime(1);
    progress.update(() => "3 sent");
    vi.advanceTimersByTime(10_000);
    progress.done("all sent");
    progress.done("again");
    vi.advanceTimersByTime(60_000);
    await out.flush();
    const time = formatTime(NOW);
    expect(io.stderr.text()).toBe(`${time}  2 sent\n${time}  3 sent\nall sent\n`);
  });

  it("says nothing before there is a state", () => {
    const { io, out } = setUp({});
    out.progress();
    vi.advanceTimersByTime(60_000);
    expect(io.stderr.text()).toBe("");
  });

  it.each<[string, FakeIoOptions]>([
    ["a dumb terminal", { terminals: ["stderr"], env: { TERM: "dumb" } }],
    ["a terminal that does not know its width", { terminals: ["stdin", "stdout", "stderr"], columns: 0 }],
    ["a build server", { terminals: ["stderr"], env: { CI: "true" } }],
  ])("is for %s too", async (_, ioOptions) => {
    const { io, out } = setUp(ioOptions, { heartbeatMs: 50 });
    out.progress().update(() => "1 sent");
    vi.advanceTimersByTime(50);
    await out.flush();
    expect(io.stderr.text()).toBe(`${formatTime(NOW)}  1 sent\n`);
  });

  it("is silent with --quiet, last line and all", async () => {
    const { io, out } = setUp({}, { quiet: true });
    const progress = out.progress();
    progress.update(() => "1 sent");
    vi.advanceTimersByTime(60_000);
    progress.done("all sent");
    await out.flush();
    expect(io.stderr.text()).toBe("");
  });

  it("speaks with --json, on stderr", async () => {
    const { io, out } = setUp({}, { as: "json" });
    out.progress().update(() => "1 sent");
    vi.advanceTimersByTime(10_000);
    await out.flush();
    expect(io.stderr.text()).toContain("1 sent");
    expect(io.stdout.text()).toBe("");
  });

  it("ends with flush, with an error, and when the next one starts", async () => {
    const { io, out } = setUp({});
    for (const end of [
      () => out.error({ code: "api", message: "x" }),
      () => void out.progress(),
      out.flush,
    ]) {
      out.progress().update(() => "1 sent");
      await end();
    }
    vi.advanceTimersByTime(60_000);
    expect(io.stderr.text()).toBe("error: x\n");
  });
});

const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";

/** Each drawing of the live line, without control sequences. */
function frames(text: string): string[] {
  const drawings = text.split("\x1b[?2026h").slice(1);
  return drawings.map((drawing) => (drawing.split("\x1b[?2026l")[0] ?? "").replace(/\x1b\[[?\d;]*\w/g, ""));
}

describe("at a terminal", () => {
  const terminal = (columns: number): FakeIoOptions => ({ terminals: ["stdin", "stderr"], columns });

  it("draws the newest state only, a few times a second, and takes the line away at the end", async () => {
    const { io, out } = setUp(terminal(60));
    const progress = out.progress();
    let calls = 0;
    let updates = 0;
    const started = performance.now();
    while (frames(io.stderr.text()).length < 4 && performance.now() - started < 20_000) {
      for (let n = 0; n < 1000; n++) {
        const update = ++updates;
        progress.update(() => `${++calls} calls, ${update} updates`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const elapsedMs = performance.now() - started;
    progress.done("all sent");
    await out.flush();
    const text = io.stderr.text();
    expect(frames(text).length).toBeGreaterThanOrEqual(4);
    expect(frames(text).length).toBeLessThanOrEqual(elapsedMs / 100 + 2);
    expect(calls).toBe(frames(text).length);
    expect(text.startsWith(HIDE)).toBe(true);
    expect(text.endsWith(`\x1b[1G\x1b[0K${SHOW}all sent\n`)).toBe(true);
  });

  it("stays on one line, whatever the state says", async () => {
    const { io, out } = setUp(terminal(40));
    const widths: number[] = [];
    out.progress().update((width) => {
      widths.push(width);
      return `发送${"x".repeat(200)}\n\x1b[2J`;
    });
    await vi.waitFor(() => expect(frames(io.stderr.text()).length).toBeGreaterThan(0), { timeout: 60_000 });
    await out.flush();
    const frame = frames(io.stderr.text())[0] ?? "";
    expect(frame).toMatch(/发送x+…$/);
    expect(displayWidth(frame)).toBeLessThan(40);
    expect(widths[0]).toBe(36);
    expect(io.stderr.text()).not.toContain("\x1b[2J");
  });

  it("makes way for talk, warnings and errors", async () => {
    const { io, out } = setUp(terminal(60));
    out.progress().update(() => "1 sent");
    await vi.waitFor(() => expect(frames(io.stderr.text()).length).toBeGreaterThan(0), { timeout: 60_000 });
    out.talk("paused");
    out.warn("slow");
    out.error({ code: "api", message: "stopped" });
    await out.flush();
    const text = io.stderr.text();
    for (const line of ["paused", "slow"]) expect(text).toContain(`\x1b[1G\x1b[0K${line}\n\x1b[?2026h`);
    expect(text.endsWith(`\x1b[1G\x1b[0K${SHOW}error: stopped\n`)).toBe(true);
  });

  it("leaves stdin in line mode, so that Ctrl-C stays a signal", async () => {
    const { io, out } = setUp(terminal(60));
    const stdin = process.stdin;
    const before = { isTTY: stdin.isTTY, setRawMode: stdin.setRawMode };
    const setRawMode = vi.fn();
    Object.assign(stdin, { isTTY: true, setRawMode });
    try {
      out.progress().update(() => "1 sent");
      await vi.waitFor(() => expect(frames(io.stderr.text()).length).toBeGreaterThan(0), { timeout: 60_000 });
      await out.flush();
    } finally {
      Object.assign(stdin, before);
    }
    expect(setRawMode).not.toHaveBeenCalled();
  });

  it("draws nothing when it ends at once", async () => {
    const { io, out } = setUp(terminal(60));
    const progress = out.progress();
    progress.update(() => "1 sent");
    progress.done("all sent");
    progress.update(() => "2 sent");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await out.flush();
    expect(io.stderr.text()).toBe("all sent\n");
  });

  it("draws nothing with --quiet", async () => {
    const { io, out } = setUp(terminal(60), { quiet: true });
    out.progress().update(() => "1 sent");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await out.flush();
    expect(io.stderr.text()).toBe("");
  });
});
