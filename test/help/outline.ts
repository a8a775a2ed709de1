import path from "node:path";
import { marked, type Token, type Tokens } from "marked";

/** What is between a heading and the next: of this a translation keeps everything. */
export interface Section {
  level: number;
  /** The id that its heading gets on GitHub. */
  anchor: string;
  /** Fenced blocks as they are, with the word behind the fence. */
  blocks: string[];
  /** Of each table its columns and rows. */
  tables: string[];
  /** Words in code, each once: commands, options, keys, values. */
  code: string[];
  /** Numbers in digits, each once. */
  numbers: string[];
  links: string[];
}

/** A page by its sections; the first begins with its title. Throws for text before it. */
export function outlineOf(markdown: string): Section[] {
  const sections: Section[] = [];
  const add = (key: "blocks" | "tables" | "code" | "numbers" | "links", ...found: string[]) => {
    const section = sections.at(-1);
    if (!section && found.length > 0) throw new Error(`before the title: ${found}`);
    section?.[key].push(...found);
  };
  void marked.walkTokens(marked.lexer(markdown), (token: Token) => {
    switch (token.type) {
      case "heading":
        sections.push({
          level: token.depth,
          anchor: anchorOf(token.text),
          blocks: [],
          tables: [],
          code: [],
          numbers: [],
          links: [],
        });
        break;
      case "code":
        add("blocks", `${token.lang}\n${token.text}`);
        break;
      case "table":
        add("tables", `${(token as Tokens.Table).header.length} x ${(token as Tokens.Table).rows.length}`);
        break;
      case "codespan":
        add("code", token.text);
        break;
      case "link":
        add("links", token.href);
        break;
      case "text":
        if (!("tokens" in token)) add("numbers", ...(token.text.match(/\d+(?:[.,-]\d+)*/g) ?? []));
    }
  });
  return sections.map((section) => ({
    ...section,
    code: unique(section.code),
    numbers: unique(section.numbers),
    links: section.links.toSorted(),
  }));
}

function unique(words: string[]): string[] {
  return [...new Set(words)].sort();
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** A link as a path from the root of the project and the id of a heading there, which is empty without one. */
export function followLink(file: string, href: string): { to: string; anchor: string } {
  const [target = "", anchor = ""] = href.split("#").map(decodeURIComponent);
  return { to: target === "" ? file : path.join(path.dirname(file), target), anchor };
}
