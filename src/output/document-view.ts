import { visibleJson } from "./format.ts";

/** How documents are rendered as text: unchanged, reduced to some fields, or filtered by jq. */
export interface DocumentView {
  /** One line per document, or per result of jq. Throws a usage error when jq fails. */
  lines(documents: readonly unknown[]): string;
  /** One document, indented. Throws like `lines`. */
  whole(document: unknown): string;
}

export const PLAIN_VIEW: DocumentView = {
  lines: (documents) => documents.map((document) => `${visibleJson(document)}\n`).join(""),
  whole: (document) => `${visibleJson(document, 2)}\n`,
};

/**
 * Shows only the fields at some paths, in their order: `openId`, `outcomes.sent`, `templates.id` for each of the templates.
 * Fields missing in a document are null.
 */
export function selectingView(paths: readonly string[], view: DocumentView): DocumentView {
  const wanted = toTree(paths.map((path) => path.split(".")));
  return {
    lines: (documents) => view.lines(documents.map((document) => select(document, wanted))),
    whole: (document) => view.whole(select(document, wanted)),
  };
}

/** The names at one level, each with the wanted names below it; if these are empty, its whole value. */
type Wanted = Map<string, Wanted>;

function toTree(paths: readonly (readonly string[])[]): Wanted {
  const tree: Wanted = new Map();
  for (const [name = ""] of paths) {
    const below = paths.filter(([first]) => first === name).map(([, ...rest]) => rest);
    // A field that is wanted as a whole includes the others.
    tree.set(name, below.some((rest) => rest.length === 0) ? new Map() : toTree(below));
  }
  return tree;
}

function select(value: unknown, wanted: Wanted): unknown {
  if (wanted.size === 0) return value ?? null;
  if (Array.isArray(value)) return value.map((one) => select(one, wanted));
  if (typeof value !== "object" || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries([...wanted].map(([name, below]) => [name, select(fields.get(name), below)]));
}
