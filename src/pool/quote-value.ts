const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Quotes a value for a message, always on one line, and shortened to `longest` characters. */
export function quoteValue(value: unknown, longest = 60): string {
  if (value === undefined || value === "") return "nothing";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const head = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return `'${head.replace(/[\n\r\t]/g, (char) => ESCAPES[char] ?? char)}'`;
}
