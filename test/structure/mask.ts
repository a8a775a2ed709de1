/**
 * The code of a TypeScript source alone: what stands in comments, strings, template text and regular expressions becomes
 * spaces, so that a word found in the rest is really used. Offsets, quotes and line breaks stay; `${...}` in templates is code.
 */
export function maskSource(source: string): string {
  let masked = "";
  const braces: number[] = []; // open braces within each `${` we are in, the innermost last
  while (masked.length < source.length) {
    const at = masked.length;
    const inside = braces.length - 1;
    const char = source[at] as string;
    const hidden = match(COMMENT, source, at) ?? matchRegex(source, masked);
    const string = match(STRING, source, at);
    if (hidden !== undefined) {
      masked += hide(hidden);
    } else if (string !== undefined) {
      masked += hideString(string);
    } else if (char === "`" || (char === "}" && braces[inside] === 0)) {
      if (char === "}") braces.pop();
      const text = match(TEMPLATE_TEXT, source, at + 1) ?? "";
      if (text.endsWith("${")) braces.push(0);
      masked += char + hideTemplate(text);
    } else {
      if (char === "{" && inside >= 0) braces[inside]! += 1;
      if (char === "}" && inside >= 0) braces[inside]! -= 1;
      masked += char;
    }
  }
  return masked;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** A slash divides after a value and starts a regular expression anywhere else. */
function matchRegex(source: string, before: string): string | undefined {
  if (source[before.length] !== "/") return undefined;
  const startsHere = /(?:^|[(,=:[!&|?{};<>+*%~^-]|\b(?:return|typeof|case|in|of|void|await|yield))\s*$/.test(
    before,
  );
  return startsHere ? match(REGEX, source, before.length) : undefined;
}

function hide(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function hideString(text: string): string {
  return text[0] + hide(text.slice(1, -1)) + text[0];
}

function hideTemplate(text: string): string {
  const end = /(`|\$\{)$/.exec(text)?.[0] ?? "";
  return hide(text.slice(0, text.length - end.length)) + end;
}
