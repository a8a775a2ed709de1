import { visibleText } from "../output/format.ts";

/** Markup that is finished: nothing in it is escaped again. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | undefined | readonly Part[];

/** Markup from a template. What is put in is text, and escaped, unless it is markup itself; undefined is nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const texts = parts.map((part, i) => toMarkup(part) + strings[i + 1]!);
  return new Html(strings[0]! + texts.join(""));
}

/**
 * A text from outside: of the platform, an operator or a list. Its direction of writing does not reach beyond it, and
 * its line ends stay. Longer than `most` characters, it is cut.
 */
export function foreign(text: string, most = 600): Html {
  const characters = [...text.slice(0, 2 * most)];
  const isCut = characters.length > most || text.length > 2 * most;
  const shown = isCut ? `${characters.slice(0, most).join("")}…` : text;
  const lines = shown.split(/\r?\n/).map((line) => html`${line}`.text);
  return new Html(`<bdi>${lines.join("<br>")}</bdi>`);
}

function toMarkup(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(toMarkup).join("");
  // What a browser does not show, or what turns the text around it, is written out.
  return visibleText(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
