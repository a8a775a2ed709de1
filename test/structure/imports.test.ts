// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are source text
import { expect, it } from "vitest";
import { findCircles, scanImports } from "./imports.ts";

it.each([
  [`import { a } from "./a.ts";`, "./a.ts", "value"],
  [`import a from './a.ts'`, "./a.ts", "value"],
  [`import * as a from "./a.ts";`, "./a.ts", "value"],
  [`import {\n  a,\n  type B,\n} from "./a.ts";`, "./a.ts", "value"],
  [`import "./a.ts";`, "./a.ts", "value"],
  [`export { a } from "./a.ts";`, "./a.ts", "value"],
  [`export * from "./a.ts";`, "./a.ts", "value"],
  [`import type { A } from "./a.ts";`, "./a.ts", "type"],
  [`import type A from "./a.ts";`, "./a.ts", "type"],
  [`import type * as A from "./a.ts";`, "./a.ts", "type"],
  [`export type { A } from "./a.ts";`, "./a.ts", "type"],
  [`import type from "./a.ts";`, "./a.ts", "value"],
  [`const a = await import("./a.ts");`, "./a.ts", "lazy"],
  [`type A = import("./a.ts").A;`, "./a.ts", "lazy"],
  ["const a = await import(`./${name}.ts`);", "?", "lazy"],
  [`const a = await import("./" + name);`, "?", "lazy"],
])("sees %j", (source, specifier, kind) => {
  expect(scanImports(source)).toEqual([{ specifier, kind }]);
});

it.each([
  `// import { a } from "./a.ts";`,
  `/** import("./a.ts") */`,
  `const text = 'import { a } from "./a.ts"';`,
  "const text = `import { a } from './a.ts'`;",
  `const here = import.meta.url;`,
  `export const from = "./a.ts";`,
  `export const a = 1;\nconst b = Array.from("ab");`,
  `loader.import("./a.ts");`,
])("sees no import in %j", (source) => {
  expect(scanImports(source)).toEqual([]);
});

it("sees each of several imports", () => {
  const source = `import type { A } from "./a.ts";\nimport b from "./b.ts";\nexport function f() {}\nexport { c } from "./c.ts";`;
  expect(scanImports(source).map((one) => one.specifier)).toEqual(["./a.ts", "./b.ts", "./c.ts"]);
});

it("finds a circle, through types too", () => {
  const files = new Map([
    ["src/a.ts", `import { b } from "./x/b.ts";`],
    ["src/x/b.ts", `import type { C } from "./c.ts";`],
    ["src/x/c.ts", `const a = await import("../a.ts");`],
    ["src/d.ts", `import { a } from "./a.ts"; import "./x/c.ts";`],
  ]);
  expect(findCircles(files)).toEqual([["src/a.ts", "src/x/b.ts", "src/x/c.ts", "src/a.ts"]]);
});

it("finds no circle where files share an import", () => {
  const files = new Map([
    ["src/a.ts", `import "./b.ts"; import "./c.ts";`],
    ["src/b.ts", `import "./c.ts";`],
    ["src/c.ts", ""],
  ]);
  expect(findCircles(files)).toEqual([]);
});
