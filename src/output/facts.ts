import type { Style } from "./style.ts";
import { displayWidth } from "./width.ts";
import { wrapWords } from "./wrap.ts";

/** A name and what there is to say of it; `danger` is shown in red. */
export type Fact = [name: string, text: string, danger?: "danger"];

/** A line for each fact, with the texts below each other; what is wider than `columns` cells is wrapped below its text. */
export function renderFacts(facts: readonly Fact[], style: Style, columns: number): string {
  const width = Math.max(...facts.map(([name]) => displayWidth(name)));
  const pad = " ".repeat(width + GAP);
  return facts
    .flatMap(([name, text, danger]) => {
      const [first = "", ...rest] = wrapWords(text, Math.max(NARROWEST, columns - pad.length))
        .split("\n")
        .map((line) => (danger ? style.red(line) : line));
      return [name + " ".repeat(pad.length - displayWidth(name)) + first, ...rest.map((line) => pad + line)];
    })
    .join("\n");
}

const GAP = 2;
/** Of the texts, however narrow the terminal is. */
const NARROWEST = 20;
