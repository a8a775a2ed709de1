/** The value, or undefined for what is not JSON, which no JSON text yields. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON array, or NDJSON; `require` reads one item, and is told its place for the error. */
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
