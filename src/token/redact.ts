const SHOWN = 6;
/** Of a shorter token, six characters would be too much. */
const MIN_LENGTH = 12;

/** The token as it may be shown: its first six characters. */
export function redactToken(token: string): string {
  return token.length < MIN_LENGTH ? "..." : `${token.slice(0, SHOWN)}...`;
}
