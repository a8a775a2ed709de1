// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are source text
import { expect, it } from "vitest";
import { maskSource } from "./mask.ts";

it.each([
  ["a line comment", "a(); // process\nb()", "a();           \nb()"],
  ["a block comment", "a /* x\ny */ b", "a     \n     b"],
  ["strings, keeping their quotes", `f("it's", 'a "b"')`, `f("    ", '     ')`],
  ["an escaped quote", String.raw`f("a\"b", c)`, `f("    ", c)`],
  ["text of a template, not its code", "`see ${a + `${b}!`} // x` + c", "`    ${a + `${b} `}     ` + c"],
  ["quotes in a template", '`"${a}" is "b"` + c', "` ${a}        ` + c"],
  ["braces within a template's code", "`${f({ a: 1 })} x` + c", "`${f({ a: 1 })}  ` + c"],
  [
    "regular expressions, not divisions",
    'x = a / b / c; y = /"[/"]/g.test(z)',
    "x = a / b / c; y =         .test(z)",
  ],
])("masks %s", (_, source, masked) => {
  expect(maskSource(source)).toBe(masked);
});
