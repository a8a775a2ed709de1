import { describe, expect, it } from "vitest";
import { createOutput, type OutputOptions } from "../../src/output/output.ts";
import { type FakeIo, type FakeIoOptions, fakeIo } from "./fake-io.ts";

const TERMINALS: FakeIoOptions = { terminals: ["stdin", "stdout", "stderr"] };
/** stdin is a file of openIds; what is typed is typed at the controlling terminal. */
const PIPED = (typed?: string): FakeIoOptions => ({
  terminals: ["stdout", "stderr"],
  ...(typed === undefined ? {} : { typed }),
});

function setUp(options: FakeIoOptions, more: Partial<OutputOptions> = {}) {
  const io = fakeIo(options);
  const out = createOutput(io, { quiet: false, color: "auto", ...more }, { now: () => 0 });
  return { io, out };
}

describe("there is somebody to ask", () => {
  it("with a terminal at stdin and at stderr", () => {
    const at = (...terminals: FakeIoOptions["terminals"] & object) => setUp({ terminals }).out;
    expect([at("stdin", "stderr").canAsk(), at("stdin", "stderr").interactive]).toEqual([true, true]);
    expect([at("stdin", "stdout").canAsk(), at("stdin", "stdout").interactive]).toEqual([false, false]);
    expect([at("stdout", "stderr").canAsk(), at("stdout", "stderr").interactive]).toEqual([false, false]);
  });

  it("on the controlling terminal, when stdin is known to be data", () => {
    expect(setUp(PIPED("")).out.canAsk({ stdinTaken: true })).toBe(true);
    expect(setUp(PIPED("")).out.canAsk(), "stdin may be `echo y`").toBe(false);
    expect(setUp(PIPED()).out.canAsk({ stdinTaken: true }), "cron").toBe(false);
    expect(setUp({ typed: "" }).out.canAsk({ stdinTaken: true }), "nobody sees stderr").toBe(false);
  });

  it("does not hold that terminal open", () => {
    const { io, out } = setUp(PIPED(""));
    out.canAsk({ stdinTaken: true });
    expect(io.opened.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it("nowhere with --no-input", async () => {
    for (const options of [TERMINALS, PIPED("y\n")]) {
      const { io, out } = setUp(options, { noInput: true });
      io.stdin.write("y\n");
      expect([out.canAsk(), out.canAsk({ stdinTaken: true }), out.interactive]).toEqual([
        false,
        false,
        false,
      ]);
      expect(await out.confirm("Send?", { stdinTaken: true })).toBe(false);
      expect(await out.confirm("Send?")).toBe(false);
      expect(io.stderr.text()).toBe("");
    }
  });
});

describe("confirm", () => {
  async function answer(text: string | undefined): Promise<{ yes: boolean; io: FakeIo }> {
    const { io, out } = setUp(TERMINALS);
    const asked = out.confirm("Send?");
    if (text === undefined) io.stdin.end();
    else io.stdin.write(text);
    return { yes: await asked, io };
  }

  it.each(["y\n", "Y\n", "yes\n", " YES \r\n"])("takes %j for yes", async (text) => {
    expect((await answer(text)).yes).toBe(true);
  });
  it.each(["n\n", "\n", "yep\n", "no\n", undefined])("takes %j for no", async (text) => {
    expect((await answer(text)).yes).toBe(false);
  });

  it("asks on stderr and leaves stdout alone", async () => {
    const { io } = await answer("y\n");
    expect(io.stderr.text()).toBe("Send? [y/N] ");
    expect(io.stdout.text()).toBe("");
  });

  it("is no, without a question, when nobody can answer", async () => {
    const { io, out } = setUp({ terminals: ["stdout", "stderr"] });
    io.stdin.write("y\n");
    expect(await out.confirm("Send?")).toBe(false);
    expect(io.stderr.text()).toBe("");
  });

  it("is no when its signal aborts, before or while it asks", async () => {
    const { out } = setUp(TERMINALS);
    expect(await out.confirm("Send?", { signal: AbortSignal.abort() })).toBe(false);
    const stop = new AbortController();
    const asked = out.confirm("Send?", { signal: stop.signal });
    setTimeout(() => stop.abort(), 10);
    expect(await asked).toBe(false);
  });

  it("is no when the terminal breaks", async () => {
    const { io, out } = setUp(TERMINALS);
    const asked = out.confirm("Send?");
    setTimeout(() => io.stdin.destroy(Object.assign(new Error("EIO"), { code: "EIO" })), 10);
    expect(await asked).toBe(false);
  });

  it("can ask twice", async () => {
    const { io, out } = setUp(TERMINALS);
    for (const [text, yes] of [
      ["y\n", true],
      ["n\n", false],
    ] as const) {
      const asked = out.confirm("Send?");
      setTimeout(() => io.stdin.write(text), 10);
      expect(await asked).toBe(yes);
    }
  });
});

describe("confirm by a number", () => {
  async function typed(text: string, expected = 20_000) {
    const { io, out } = setUp(TERMINALS);
    io.stdin.write(text);
    return { yes: await out.confirm("Send to 20,000 users?", { typed: expected }), asked: io.stderr.text() };
  }

  it("says what to type", async () => {
    expect((await typed("\n")).asked).toBe("Send to 20,000 users? Type the number to confirm: ");
  });

  it.each(["20000", "20,000", "20_000", "20'000", "20 000", " 20000 ", "020000", "20\u202f000"])(
    "takes %j",
    async (text) => {
      expect((await typed(`${text}\n`)).yes).toBe(true);
    },
  );

  it.each(["y", "yes", "", "2000", "200000", "20.000", "2e4", "-20000", "20000 y", "20,,000", "0x4e20"])(
    "does not take %j",
    async (text) => {
      expect((await typed(`${text}\n`)).yes).toBe(false);
    },
  );

  it("does not take an empty line for 0", async () => {
    expect((await typed("\n", 0)).yes).toBe(false);
    expect((await typed("0\n", 0)).yes).toBe(true);
  });
});

describe("confirm while stdin is data", () => {
  it("reads the answer from the controlling terminal, and leaves stdin alone", async () => {
    for (const [text, yes] of [
      ["y\n", true],
      ["n\n", false],
    ] as const) {
      const { io, out } = setUp(PIPED(text));
      io.stdin.write("oAlice\n");
      expect(await out.confirm("Send?", { stdinTaken: true })).toBe(yes);
      expect(io.stderr.text()).toBe("Send? [y/N] ");
      expect(io.stdin.read()?.toString()).toBe("oAlice\n");
      expect(io.opened.every(({ destroyed }) => destroyed)).toBe(true);
    }
  });

  it("is no, and closes the terminal, when its signal aborts", async () => {
    const { io, out } = setUp(PIPED(""));
    const stop = new AbortController();
    const asked = out.confirm("Send?", { stdinTaken: true, signal: stop.signal });
    setTimeout(() => stop.abort(), 10);
    expect(await asked).toBe(false);
    expect(io.opened.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it("is no, without a question, when there is no such terminal", async () => {
    const { io, out } = setUp(PIPED());
    io.stdin.write("y\n");
    expect(await out.confirm("Send?", { stdinTaken: true })).toBe(false);
    expect(io.stderr.text()).toBe("");
  });
});
