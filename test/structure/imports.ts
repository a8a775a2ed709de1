import path from "node:path";
import { maskSource } from "./mask.ts";

export interface Import {
  /** As written, such as `../errors.ts` or `node:fs`; `?` when it is computed. */
  specifier: string;
  /** `type` leaves no trace at run time, `lazy` loads on first use (`import()`). */
  kind: "value" | "type" | "lazy";
}

/** Every import and re-export of a TypeScript source. `import { type X }` counts as a value: it loads the module. */
export function scanImports(source: string): Import[] {
  const code = maskSource(source);
  const textAt = (start: number, quoted: string) => source.slice(start + 1, start + quoted.length - 1);
  const found: Import[] = [];
  for (const hit of code.matchAll(STATIC)) {
    const quoted = hit[2] as string;
    const specifier = textAt(hit.index + hit[0].length - quoted.length, quoted);
    found.push({ specifier, kind: hit[1] === undefined ? "value" : "type" });
  }
  for (const hit of code.matchAll(LAZY)) {
    const quoted = hit[1];
    const start = hit.index + hit[0].length;
    const isPlain = quoted !== undefined && /^\s*[,)]/.test(code.slice(start));
    found.push({ specifier: isPlain ? textAt(start - quoted.length, quoted) : "?", kind: "lazy" });
  }
  return found;
}

const QUOTED = `("[^"]*"|'[^']*')`;
/** `import x from`, `import {..} from`, `import "..."`, `export .. from`; 1 is `type`, 2 the quoted specifier. */
const STATIC = new RegExp(
  `(?<![.\\w$])(?:import|export)\\b(?:(\\s+type)(?=\\s+(?!from\\s*["'])[\\w$]|\\s*[{*]))?(?:[\\w$\\s{},*]*?[\\s}*]from)?\\s*${QUOTED}`,
  "g",
);
const LAZY = new RegExp(`(?<![.\\w$])import\\s*\\(\\s*${QUOTED}?`, "g");

/** What a relative specifier in `file` means as a path from the root (`src/errors.ts`); undefined for packages and built-ins. */
export function resolveImport(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file), specifier) : undefined;
}

/** The circles among the files, each as a path that ends where it began. Imports of types count too. */
export function findCircles(files: ReadonlyMap<string, string>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const { specifier } of scanImports(files.get(file) ?? "")) {
      const target = resolveImport(file, specifier);
      if (target !== undefined && files.has(target)) visit(target, [...trail, file]);
    }
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return circles;
}
