import { CallbackRefused } from "../../../collector/ports.ts";
import { messageOf } from "../../../errors.ts";
import type { Fields } from "./fields.ts";
import { parseJson } from "./json.ts";
import { parseXml, type XmlParser } from "./xml.ts";

/**
 * Parses a body in XML or JSON, recognized by its first character: the Content-Type is no help, because only the
 * console's setting determines the format. Throws `CallbackRefused` (`bad_body`) for a body that can't be read.
 */
export function parseBody(body: Buffer, Parser: XmlParser): Fields {
  const text = decode(body).trim();
  const parse = { "<": () => parseXml(Parser, text), "{": () => parseJson(text) }[text.charAt(0)];
  if (!parse) throw badBody("it is neither XML nor a JSON object");
  try {
    return parse();
  } catch (error) {
    // A JSON error quotes the text: the body may contain what a user wrote.
    throw badBody(error instanceof SyntaxError ? "it is not valid JSON" : messageOf(error));
  }
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw badBody("it is not UTF-8");
  }
}

function badBody(why: string): CallbackRefused {
  return new CallbackRefused("bad_body", `the body of the push can't be read: ${why}`);
}
