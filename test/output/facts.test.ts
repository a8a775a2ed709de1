import { expect, it } from "vitest";
import { renderFacts } from "../../src/output/facts.ts";
import { createOutput } from "../../src/output/output.ts";
import { createStyle } from "../../src/output/style.ts";
import { fakeIo } from "./fake-io.ts";

const plain = createStyle(false);

it("texts stand below each other, whatever the width of their names", () =>
  expect(
    renderFacts(
      [
        ["to", "a"],
        ["模板", "b"],
      ],
      plain,
      80,
    ),
  ).toBe("to    a\n模板  b"));

it("a text that is too wide continues below itself, in red where it is a danger", () => {
  const facts: [string, string, "danger"] = ["warning", "one two three four five six", "danger"];
  expect(renderFacts([facts], plain, 29)).toBe("warning  one two three four\n         five six");
  expect(renderFacts([facts], createStyle(true), 29)).toBe(
    "warning  \x1b[31mone two three four\x1b[39m\n         \x1b[31mfive six\x1b[39m",
  );
});

it("lines of a text stay lines", () => expect(renderFacts([["a", "b\nc"]], plain, 80)).toBe("a  b\n   c"));

it("a narrow terminal leaves room for words", () =>
  expect(renderFacts([["a long name", "one two three four five"]], plain, 10)).toBe(
    "a long name  one two three four\n             five",
  ));

it("facts on stderr are as wide as its terminal, in one piece in a pipe and in the log; --quiet does not hide them", async () => {
  const text = "one two three four five six seven eight nine ten";
  const said: string[] = [];
  const shown = async (terminals: ("stderr" | "stdout")[]) => {
    const io = fakeIo({ terminals, columns: 40 });
    const onSay = (_how: string, line: string) => said.push(line);
    const out = createOutput(io, { quiet: true, color: "never", onSay }, { now: () => 0 });
    out.warnFacts([["a", text]]);
    out.facts([["b", text]]);
    await out.flush();
    return [io.stderr.text(), io.stdout.text()];
  };
  const [first, rest] = ["one two three four five six seven", "eight nine ten"];
  expect(await shown(["stderr", "stdout"])).toEqual([
    `a  ${first}\n   ${rest}\n`,
    `b  ${first}\n   ${rest}\n`,
  ]);
  expect((await shown([]))[0]).toBe(`a  ${text}\n`);
  expect(said).toEqual([`a  ${text}`, `a  ${text}`]);
});
