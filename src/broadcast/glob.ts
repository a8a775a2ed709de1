/** One place of a pattern: any text, or one character. */
type Token = "*" | ((char: string) => boolean);

/**
 * Matches texts against a glob as Redis does (`stringmatchlen` in its util.c), so that `--match` here and in a sweep by SCAN
 * mean the same: `*` any text, `?` a character, `[ab]` one of these, `[a-c]` a range, `[^a]` any other, `\` takes the next
 * character as it is. Redis' `?` is a byte, which is the same for openIds in ASCII.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = readTokens(pattern);
  return (text) => matches(tokens, text);
}

/** Goes back to the last star alone, which is enough: its cost is at most the product of both lengths. */
function matches(tokens: readonly Token[], text: string): boolean {
  let at = 0;
  let token = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const one = tokens[token];
    if (one === "*") {
      star = token++;
      starAt = at;
    } else if (one?.(text.charAt(at))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token] === "*") token++;
  return token === tokens.length;
}

function readTokens(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === "*") tokens.push("*");
    else if (char === "?") tokens.push(() => true);
    else if (char === "[") {
      const [token, end] = readClass(pattern, at + 1);
      tokens.push(token);
      at = end;
    } else {
      if (char === "\\" && at + 1 < pattern.length) at++;
      const literal = pattern.charAt(at);
      tokens.push((one) => one === literal);
    }
  }
  return tokens;
}

/** The characters between brackets, from an index on, and the index of the closing one; a pattern may end before that. */
function readClass(pattern: string, start: number): [token: Token, end: number] {
  const negated = pattern[start] === "^";
  const ranges: [from: string, to: string][] = [];
  let at = negated ? start + 1 : start;
  for (; at < pattern.length && pattern[at] !== "]"; at++) {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      at++;
      ranges.push([pattern.charAt(at), pattern.charAt(at)]);
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const ends = [pattern.charAt(at), pattern.charAt(at + 2)].sort();
      ranges.push([ends[0] ?? "", ends[1] ?? ""]);
      at += 2;
    } else {
      ranges.push([pattern.charAt(at), pattern.charAt(at)]);
    }
  }
  const has = (char: string) => ranges.some(([from, to]) => from <= char && char <= to);
  return [(char) => has(char) !== negated, at];
}
