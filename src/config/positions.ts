import type { Node, ParseError } from "jsonc-parser";
import type { Position } from "./faults.ts";

/** Finds the positions of faults in a JSON file. */
export interface Positions {
  /** The position of the value under `keys`, from the outside in, or of the key itself. */
  of(keys: readonly PropertyKey[], what: "key" | "value"): Position | undefined;
  /** Whether the text is valid JSON, apart from comments and trailing commas. */
  readonly isJson: boolean;
  /** The parsed value. */
  value(): unknown;
  /** Where it becomes invalid JSON. */
  syntaxError(): Position | undefined;
}

/** Parses `text` with the positions that JSON.parse does not provide; comments are allowed. */
export async function findPositions(text: string): Promise<Positions> {
  // For a CommonJS module, some versions of Node only provide the default export.
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
    // The last property of that name counts, as for JSON.parse.
    const property = node?.children?.findLast((child) => child.children?.[0]?.value === key);
    [keyNode, node] = property?.children ?? [];
  }
  return what === "key" ? keyNode : node;
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
