import { FORM_TYPE } from "../../platforms/baidu/wire.ts";
import { isObject, parseJson } from "../json.ts";
import type { HttpRequest } from "../server.ts";

/** The parameters of a request by name; absent if there are none. */
export type Form = ReadonlyMap<string, string>;

const NOTHING: Form = new Map();

/**
 * The parameters in a request's body. Baidu's service does not read JSON: such a body has no parameters at
 * all.
 */
export function readForm({ body, contentType }: HttpRequest): Form {
  return contentType === FORM_TYPE ? new Map(new URLSearchParams(body)) : NOTHING;
}

/** `data` is JSON in a string: `{"keyword1":{"value":"..."}}`. */
export function isKeywords(text: string | undefined): boolean {
  const data = text === undefined ? undefined : parseJson(text);
  if (!isObject(data)) return false;
  return Object.entries(data).every(
    ([name, field]) => /^keyword\d+$/.test(name) && isObject(field) && typeof field.value === "string",
  );
}
