import { expect, it } from "vitest";
import { relayLibraryWarnings } from "../../src/output/library-warnings.ts";
import { createOutput } from "../../src/output/output.ts";
import { fakeIo } from "./fake-io.ts";

function setUp(options: { json?: boolean; quiet?: boolean } = {}) {
  const io = fakeIo();
  const out = createOutput(io, { quiet: false, color: "auto", ...options }, { now: () => 0 });
  const undo = relayLibraryWarnings(
    io,
    () => out,
    (text) => text.replace("pw", "***"),
  );
  return { io, undo };
}

it("are told once each, in our words, without a stack", () => {
  const { io } = setUp();
  io.libraryWarning("refused pw\n    at x.js:1\n");
  io.libraryWarning("refused pw");
  io.libraryWarning("other");
  expect(io.stderr.text()).toBe("warning: refused ***\nwarning: other\n");
});

it.each([{ as: "json" }, { quiet: true }])("are not told with %j", (options) => {
  const { io } = setUp(options);
  io.libraryWarning("refused");
  expect(io.stderr.text() + io.stdout.text()).toBe("");
});

it("are left alone after the undo", () => {
  const { io, undo } = setUp();
  undo();
  io.libraryWarning("refused");
  expect(io.stderr.text()).toBe("");
});
