import { Terminal } from "@xterm/headless";
import { expect, it } from "vitest";
import { readScreen, textOf } from "../../bin/record/screen.ts";

async function screenOf(written: string) {
  const terminal = new Terminal({ cols: 40, rows: 4, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  return readScreen(terminal);
}

it("has the text that stands where it was written, and each style's stretch by itself", async () => {
  const screen = await screenOf("a  \x1b[31;1mred one\x1b[0m \x1b[2mdim\x1b[0m\r\n\r\n\x1b[96m  cyan\x1b[0m");
  expect(screen).toEqual([
    [
      { column: 0, width: 1, text: "a", bold: false, dim: false, colour: undefined },
      { column: 3, width: 7, text: "red one", bold: true, dim: false, colour: 1 },
      { column: 11, width: 3, text: "dim", bold: false, dim: true, colour: undefined },
    ],
    [],
    [{ column: 2, width: 4, text: "cyan", bold: false, dim: false, colour: 14 }],
    [],
  ]);
  expect(textOf(screen)).toBe("a  red one dim\n\n  cyan");
});

it("has what a live line shows last, and what is left after scrolling", async () => {
  expect(textOf(await screenOf("10%\r\x1b[0K90%"))).toBe("90%");
  expect(textOf(await screenOf("1\r\n2\r\n3\r\n4\r\n5\r\n6"))).toBe("3\n4\n5\n6");
});

it("counts a Chinese character as two cells", async () => {
  const [row] = await screenOf("订单\x1b[32m 42\x1b[0m");
  expect(row?.map(({ column, width, text }) => [column, width, text])).toEqual([
    [0, 4, "订单"],
    [5, 2, "42"],
  ]);
  expect(textOf([row ?? []])).toBe("订单 42");
});
