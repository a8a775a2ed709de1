import type { Node, ParseError } from "jsonc-parser";
import type { Position } from "./faults.ts";

/** Finds the places in a JSON file of what is wrong with it. */
export interface Positions {
  /** Of the value under `keys`, from the outside in, or of the key itself. */
  of(keys: readonly PropertyKey[], what: "key" | "value"): Position | undefined;
  /** Whether the text is JSON, but for comments and commas behind last entries. */
  readonly isJson: boolean;
  /** What it says. */
  value(): unknown;
  /** Where it stops being JSON. */
  syntaxError(): Position | undefined;
}

/** Takes `text` apart with the places that JSON.parse does not tell, comments allowed. */
export async function findPositions(text: string): Promise<Positions> {
  // Of a CommonJS module, some versions of Node see the default export alone.
  const { default: jsonc } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  const root = jsonc.parseTree(text, errors, { allowTrailingComma: true });
  return {
    isJson: errors.length === 0 && root !== undefined,
    value: () => root && jsonc.getNodeValue(root),
    of: (keys, what) => {
      const node = findNode(root, keys, what);
      return node && positionAt(text, node.offset);
    },
    syntaxError: () => errors[0] && positionAt(text, errors[0].offset),
  };
}

function findNode(
  root: Node | undefined,
  keys: readonly PropertyKey[],
  what: "key" | "value",
): Node | undefined {
  let [keyNode, node]: (Node | undefined)[] = [root, root];
  for (const key of keys) {
    // The last of that name is the one that counts, for JSON.parse too.
    const property = node?.children?.findLast((child) => child.children?.[0]?.value === key);
    [keyNode, node] = property?.children ?? [];
  }
  return what === "key" ? keyNode : node;
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
