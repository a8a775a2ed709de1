import { anyJavaKey, textOfJavaKey } from "./java-keys.ts";
import { escapeGlob, isOpenId, type RedisKey } from "./keys.ts";

/**
 * The position of the openId in a key of another layout: after a prefix and before a suffix, or at the `%` of a pattern,
 * where each `*` stands for any text.
 */
export type SourcePlace = { prefix: string; suffix?: string } | { pattern: string };

export interface SourceKeys {
  /** For SCAN. */
  glob: RedisKey;
  /** The key of a user, for testing whether a server accepts keys of several users. */
  sample(openId: string): string;
  /**
   * `rest`: for a prefix, the part of the key after the openId, from the first ':' on. openId undefined: it can't be
   * determined with certainty.
   */
  read(key: RedisKey): { openId: string | undefined; rest: string };
}

/** `form`: how the keys are written, as text or as a String that Java serialized. */
export function createSourceKeys(place: SourcePlace, form: "plain" | "java"): SourceKeys {
  const parts = partsOf(place);
  const glob = parts.map((part) => ("text" in part ? escapeGlob(part.text) : "*")).join("");
  const readText = createReader(parts, "prefix" in place && !place.suffix);
  return {
    glob: form === "java" ? anyJavaKey(glob) : glob,
    sample: (openId) => parts.map((part) => ("text" in part ? part.text : part.any ? "" : openId)).join(""),
    read: (key) => {
      const text = form === "java" ? textOfJavaKey(Buffer.from(key)) : key.toString();
      return (text === undefined ? undefined : readText(text)) ?? { openId: undefined, rest: "" };
    },
  };
}

/** A part of a key: fixed text, any text, or the openId. */
type Part = { text: string } | { any: boolean };

function partsOf(place: SourcePlace): Part[] {
  if ("prefix" in place) return [{ text: place.prefix }, { any: false }, { text: place.suffix ?? "" }];
  return place.pattern
    .split(/([%*])/)
    .filter((piece) => piece !== "")
    .map((piece) => (piece === "%" || piece === "*" ? { any: piece === "*" } : { text: piece }));
}

type Reader = (text: string) => { openId: string; rest: string } | undefined;

/** No openId holds a colon: the text after it distinguishes the keys of one user. `hasRest`: such a text may follow. */
function createReader(parts: readonly Part[], hasRest: boolean): Reader {
  const openId = `[^:${hasRest ? "" : escapeClass(neighbours(parts))}]`;
  const toRegExp = (times: "+?" | "+") =>
    new RegExp(
      `^${parts
        .map((part) => {
          if ("text" in part) return part.text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
          return part.any ? `.*${times === "+?" ? "" : "?"}` : `(?<openId>${openId}${times})`;
        })
        .join("")}${hasRest ? "(?<rest>:.*)?" : ""}$`,
      "s",
    );
  const [shortest, longest] = [toRegExp("+?"), toRegExp("+")];
  return (text) => {
    const found = shortest.exec(text)?.groups;
    if (found?.openId === undefined || !isOpenId(found.openId)) return undefined;
    // A key that can be read in two ways does not identify a user with certainty.
    if (longest.exec(text)?.groups?.openId !== found.openId) return undefined;
    return { openId: found.openId, rest: found.rest ?? "" };
  };
}

/** The characters directly before and after the openId delimit it, unless openIds may contain them. */
function neighbours(parts: readonly Part[]): string {
  const at = parts.findIndex((part) => "any" in part && !part.any);
  const textOf = (part: Part | undefined) => (part && "text" in part ? part.text : "");
  return `${textOf(parts[at - 1]).slice(-1)}${textOf(parts[at + 1]).slice(0, 1)}`.replace(/[\w-]/g, "");
}

function escapeClass(text: string): string {
  return text.replace(/[\\\]^-]/g, "\\$&");
}
