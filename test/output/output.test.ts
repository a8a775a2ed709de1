import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput, type Output, type OutputOptions } from "../../src/output/output.ts";
import { type FakeIo, type FakeIoOptions, fakeIo } from "./fake-io.ts";

function setUp(io: FakeIoOptions | FakeIo = {}, options: Partial<OutputOptions> = {}) {
  const fake = "stdout" in io ? io : fakeIo(io);
  const out = createOutput(fake, { quiet: false, color: "auto", ...options }, { now: () => 0 });
  return { io: fake, out };
}

const TERMINALS: FakeIoOptions = { terminals: ["stdin", "stdout", "stderr"] };

describe("format", () => {
  it("is human at a terminal, plain in a pipe, json when asked", () => {
    expect(setUp(TERMINALS).out.format).toBe("human");
    expect(setUp().out.format).toBe("plain");
    expect(setUp(TERMINALS, { as: "json" }).out.format).toBe("json");
  });
});

describe("colours", () => {
  const red = (out: Output) => out.style.red("x");
  it("show at a terminal only", () => {
    expect(red(setUp(TERMINALS).out)).toBe("\x1b[31mx\x1b[39m");
    expect(red(setUp().out)).toBe("x");
  });
  it("are off with --no-color, NO_COLOR or a dumb terminal", () => {
    expect(red(setUp(TERMINALS, { color: "never" }).out)).toBe("x");
    expect(red(setUp({ ...TERMINALS, env: { NO_COLOR: "1" } }).out)).toBe("x");
    expect(red(setUp({ ...TERMINALS, env: { NO_COLOR: "" } }).out)).not.toBe("x");
    expect(red(setUp({ ...TERMINALS, env: { TERM: "dumb" } }).out)).toBe("x");
  });
  it("follow the stream that they are for", async () => {
    const { io, out } = setUp({ terminals: ["stdout"] });
    out.error({ code: "usage", message: "no" });
    await out.flush();
    expect(io.stderr.text()).toBe("error: no\n");
  });
});

describe("stdout", () => {
  it("takes one indented document with json", async () => {
    const { io, out } = setUp({}, { as: "json" });
    out.json({ a: [1], b: "\u009b" });
    await out.flush();
    expect(io.stdout.text()).toBe('{\n  "a": [\n    1\n  ],\n  "b": "\\u009b"\n}\n');
  });

  it("takes a document a line with line", async () => {
    const { io, out } = setUp();
    await out.line({ a: 1 });
    await out.line({ a: "x\ny" });
    await out.flush();
    expect(io.stdout.text()).toBe('{"a":1}\n{"a":"x\\ny"}\n');
  });

  it("takes a table as a table at a terminal and as rows in a pipe", async () => {
    const columns = [{ title: "openId" }, { title: "valid" }];
    const terminal = setUp({ ...TERMINALS, env: { NO_COLOR: "1" } });
    await terminal.out.table(columns, [["o1", 2]]);
    await terminal.out.flush();
    expect(terminal.io.stdout.text()).toBe("openId  valid\n──────  ─────\no1          2\n");
    const pipe = setUp();
    await pipe.out.table(columns, [["o1", 2]]);
    await pipe.out.flush();
    expect(pipe.io.stdout.text()).toBe("o1\t2\n");
  });

  it("carries our colours but no sequence out of data", async () => {
    const { io, out } = setUp(TERMINALS);
    out.data(`${out.style.green("ok")} \x1b[2J`);
    await out.flush();
    expect(io.stdout.text()).toBe("\x1b[32mok\x1b[39m \\x1b[2J\n");
  });
});

describe("stderr", () => {
  it("takes talk, which --quiet silences, and warnings, which nothing does", async () => {
    const loud = setUp();
    loud.out.talk("a\x07");
    loud.out.warn("b");
    await loud.out.flush();
    expect(loud.io.stderr.text()).toBe("a\\x07\nb\n");
    const quiet = setUp({}, { quiet: true });
    quiet.out.talk("a");
    quiet.out.warn("b");
    await quiet.out.flush();
    expect(quiet.io.stderr.text()).toBe("b\n");
    expect(quiet.io.stdout.text() + loud.io.stdout.text()).toBe("");
  });

  it("takes an error with its hint on a line of its own, even with --quiet", async () => {
    const { io, out } = setUp({ terminals: ["stderr"] }, { quiet: true });
    out.error({ code: "usage", message: 'no pool "\x1b[2J"', hint: "push-cli pool list" });
    await out.flush();
    expect(io.stderr.text()).toBe(
      '\x1b[31merror:\x1b[39m no pool "\\x1b[2J"\n\x1b[36mhint:\x1b[39m push-cli pool list\n',
    );
  });

  it("takes the details of an error as indented lines between the two", async () => {
    const { io, out } = setUp();
    out.error({ code: "config", message: "2 faults", details: ["a\x1b[2J", "b"], hint: "c" });
    await out.flush();
    expect(io.stderr.text()).toBe("error: 2 faults\n  a\\x1b[2J\n  b\nhint: c\n");
  });

  it("takes an error as one line of JSON with --json", async () => {
    const { io, out } = setUp(TERMINALS, { as: "json" });
    out.error({ code: "usage", message: "a\nb", hint: "c" });
    out.error({ code: "redis", message: "d" });
    out.error({ code: "config", message: "2 faults", details: ["e\x1b", "f"], hint: "g" });
    out.error({ code: "config", message: "h", details: [] });
    await out.flush();
    const lines = io.stderr.text().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { error: { code: "usage", message: "a\nb", hint: "c" } },
      { error: { code: "redis", message: "d" } },
      { error: { code: "config", message: "2 faults", details: ["e\x1b", "f"], hint: "g" } },
      { error: { code: "config", message: "h" } },
    ]);
    expect(io.stdout.text()).toBe("");
  });
});

/** A stdout whose writes end as the test wants. */
function ioWriting(write: (callback: (error?: Error | null) => void) => void, highWaterMark = 16384): FakeIo {
  const stdout = new Writable({ highWaterMark, write: (_chunk, _encoding, callback) => write(callback) });
  return Object.assign(fakeIo(), { stdout: Object.assign(stdout, { text: () => "" }) as never });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

describe("a stdout that fails", () => {
  it("closes without an error when its reader is gone", async () => {
    const { out } = setUp(ioWriting((callback) => callback(systemError("EPIPE"))));
    out.data("a");
    await out.flush();
    expect(out.closed.aborted).toBe(true);
    expect(String(out.closed.reason)).toContain("the reader of stdout has closed it");
    await out.line({ more: true });
    await out.table([{ title: "a" }], [["b"]]);
    await out.flush();
  });

  it("rejects what waits on it when the disk is full", async () => {
    const { out } = setUp(ioWriting((callback) => callback(systemError("ENOSPC"))));
    out.data("a");
    const refused = { kind: "output", message: "cannot write to stdout: ENOSPC: write" };
    await expect(out.flush()).rejects.toMatchObject(refused);
    expect(out.closed.aborted).toBe(true);
    await expect(out.line({})).rejects.toMatchObject(refused);
    await expect(out.table([], [])).rejects.toMatchObject(refused);
    await expect(out.flush()).rejects.toMatchObject(refused);
  });

  it("treats a hung-up terminal as a reader that is gone", async () => {
    const io = ioWriting((callback) => callback(systemError("EIO")));
    const { out } = setUp(Object.assign(io, { stdout: Object.assign(io.stdout, { isTTY: true }) }));
    out.data("a");
    await out.flush();
    expect(out.closed.aborted).toBe(true);
  });

  it("frees a line that waits for room when the reader goes", async () => {
    let fail: (error: Error) => void = () => {};
    const { out } = setUp(
      ioWriting((callback) => {
        fail = callback;
      }, 1),
    );
    const waiting = Promise.all([out.line({ a: 1 }), out.line({ b: 2 }), out.flush()]);
    fail(systemError("EPIPE"));
    await waiting;
    expect(out.closed.aborted).toBe(true);
  });
});

describe("a slow reader", () => {
  it("makes line wait until there is room", async () => {
    const written: string[] = [];
    const io = ioWriting(() => {}, 1);
    let next: () => void = () => {};
    io.stdout._write = (chunk, _encoding, callback) => {
      written.push(String(chunk));
      next = callback;
    };
    const { out } = setUp(io);
    let lines = 0;
    const first = out.line({ a: 1 }).then(() => lines++);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toBe(0);
    next();
    await first;
    expect(written).toEqual(['{"a":1}\n']);
  });

  it("makes flush wait until all is written", async () => {
    let finish: () => void = () => {};
    const { out } = setUp(
      ioWriting((callback) => {
        finish = callback;
      }),
    );
    out.data("a");
    let flushed = false;
    const flushing = out.flush().then(() => {
      flushed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushed).toBe(false);
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    await flushing;
  });
});

describe("a stderr that fails", () => {
  it("does not stop data on stdout", async () => {
    const stderr = new Writable({ write: (_chunk, _encoding, callback) => callback(systemError("EPIPE")) });
    const { io, out } = setUp(Object.assign(fakeIo(), { stderr: stderr as never }));
    out.talk("a");
    await new Promise((resolve) => setImmediate(resolve));
    out.warn("b");
    out.data("c");
    await out.flush();
    expect(io.stdout.text()).toBe("c\n");
    expect(out.closed.aborted).toBe(false);
  });
});

it("survives streams that are no terminals and have no size", async () => {
  const stdout = Object.assign(new PassThrough().resume(), { isTTY: true });
  const { out } = setUp(Object.assign(fakeIo(), { stdout: stdout as never }));
  await out.table([{ title: "a" }], [["x".repeat(200)]]);
  await out.flush();
});
