import type { SaxesParser } from "saxes";
import { type Fields, MAX_DEPTH, type Value } from "./fields.ts";

/** saxes' parser; it is loaded when a collector starts, and passed on. */
export type XmlParser = typeof SaxesParser;

/** An element that is being read. */
interface Open {
  name: string;
  text: string;
  fields: Map<string, Value[]>;
}

/**
 * The fields below the root element; attributes are ignored. Throws for text that is not well-formed, for a DTD (so there
 * are no entities except XML's own five and numeric ones), and for elements that are nested too deep.
 */
export function parseXml(Parser: XmlParser, text: string): Fields {
  const parser = new Parser({ position: false });
  const open: Open[] = [];
  let root: Fields | undefined;
  const addText = (part: string) => {
    const top = open.at(-1);
    if (top) top.text += part;
  };
  parser.on("error", () => {
    // The parser's message would quote the body.
    throw new Error("it is not well-formed XML");
  });
  parser.on("doctype", () => {
    throw new Error("it has a DTD");
  });
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("opentag", ({ name }) => {
    if (open.push({ name, text: "", fields: new Map() }) > MAX_DEPTH)
      throw new Error("it is nested too deep");
  });
  parser.on("closetag", () => {
    const closed = open.pop()!;
    const parent = open.at(-1);
    if (parent) addValue(parent.fields, closed.name, toValue(closed));
    else root = closed.fields;
  });
  parser.write(text).close();
  // saxes reports a document without a root as an error.
  return root!;
}

function toValue({ text, fields }: Open): Value {
  return fields.size > 0 ? fields : text.trim();
}

function addValue(fields: Map<string, Value[]>, name: string, value: Value): void {
  const values = fields.get(name);
  if (values) values.push(value);
  else fields.set(name, [value]);
}
