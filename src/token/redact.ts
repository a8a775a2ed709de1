const SHOWN = 6;
/** Six characters of a shorter token would reveal too much. */
const MIN_LENGTH = 12;

/** The token for display: its first six characters. */
export function redactToken(token: string): string {
  return token.length < MIN_LENGTH ? "..." : `${token.slice(0, SHOWN)}...`;
}
