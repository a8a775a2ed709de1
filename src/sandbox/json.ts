/** The parsed value, or undefined (which JSON can't contain) for invalid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses a JSON array, or NDJSON; `require` validates one item, and gets its position for the error. */
export function parseList<T>(body: string, require: (value: unknown, place: string) => T): T[] {
  const whole = parseJson(body);
  if (Array.isArray(whole)) return whole.map((item, index) => require(item, `item ${index + 1}`));
  const lines = body.split("\n").map((line, index) => ({ line: line.trim(), place: `line ${index + 1}` }));
  return lines.filter(({ line }) => line !== "").map(({ line, place }) => require(parseJson(line), place));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
