import { usageError } from "../errors.ts";
import { isObject, parseJson } from "./json.ts";

// Checks of the bodies under /sandbox/. All throw usage errors that name the field, and in a list its item.

/** `place`: the item or line of a list. */
export function requireObject(value: unknown, place = "the body"): Record<string, unknown> {
  if (!isObject(value)) throw usageError(`${place} is not a JSON object`);
  return value;
}

/** A string that is not empty. */
export function requireString(object: Record<string, unknown>, name: string, place?: string): string {
  const value = object[name];
  if (typeof value !== "string" || value === "") throw usageError(`${at(place, name)} is not a string`);
  return value;
}

/** A list of strings. */
export function requireStrings(object: Record<string, unknown>, name: string): string[] {
  const value = object[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw usageError(`${name} is not an array of strings`);
  return value;
}

/** A whole number above 0; defaults to 1. */
export function requireCount(object: Record<string, unknown>, name: string, place?: string): number {
  const { [name]: value = 1 } = object;
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw usageError(`${at(place, name)} is not a whole number above 0`);
  return Number(value);
}

/** The body of an action about one user. */
export function requireUser(body: string): Record<string, unknown> & { openId: string } {
  const request = requireObject(parseJson(body));
  return { ...request, openId: requireString(request, "openId") };
}

function at(place: string | undefined, name: string): string {
  return place === undefined ? name : `${place}: ${name}`;
}
