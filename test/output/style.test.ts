import { expect, it } from "vitest";
import { hasColor } from "../../src/output/style.ts";
import { fakeStream } from "./fake-io.ts";

const [terminal, pipe] = [fakeStream(true), fakeStream(false)];

it.each([
  [{}, true, false],
  [{ NO_COLOR: "1" }, false, false],
  [{ NO_COLOR: "" }, true, false],
  [{ TERM: "dumb" }, false, false],
  [{ CLICOLOR: "0" }, false, false],
  [{ FORCE_COLOR: "1" }, true, true],
  [{ FORCE_COLOR: "0" }, false, false],
  [{ FORCE_COLOR: "" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, true, true],
  [{ CLICOLOR_FORCE: "1" }, true, true],
  [{ CLICOLOR_FORCE: "0" }, true, false],
  [{ CLICOLOR_FORCE: "1", NO_COLOR: "1" }, true, true],
] as [Record<string, string>, boolean, boolean][])(
  "with %j, a terminal has colours: %s, a pipe: %s",
  (env, onTerminal, inPipe) => {
    expect([hasColor(terminal, env, "auto"), hasColor(pipe, env, "auto")]).toEqual([onTerminal, inPipe]);
  },
);

it.each([{}, { NO_COLOR: "1" }, { FORCE_COLOR: "1" }, { FORCE_COLOR: "0" }, { TERM: "dumb" }])(
  "an option counts for more than %j",
  (env) => {
    expect([hasColor(pipe, env, "always"), hasColor(terminal, env, "never")]).toEqual([true, false]);
  },
);
