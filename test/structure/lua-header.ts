/** What is wrong with the header of a Lua script: it states purpose, KEYS, ARGV and what it returns, and numbers what the body uses. */
export function checkLuaHeader(file: string, source: string): string[] {
  const name = file.split("/").at(-1) as string;
  const header = /^(?:--.*\n)*/.exec(source)?.[0] ?? "";
  const body = source.slice(header.length).replace(/--.*/g, "");
  const problems = /^[a-z]+-[a-z]+(-[a-z]+)*\.lua$/.test(name) ? [] : ["is not named verb-noun.lua"];
  if (!/^-- *\S.{20,}/.test(header)) problems.push("does not start with its purpose");
  const isFragment = /^-- fragment\b/.test(header);
  for (const word of ["KEYS", "ARGV"] as const) {
    const section = sectionOf(header, word);
    if (isFragment && section !== undefined) problems.push(`is a fragment, and yet has ${word}`);
    if (!isFragment) problems.push(...checkSection(word, section, body));
  }
  if (!isFragment && sectionOf(header, "Returns") === undefined)
    problems.push("does not say what it returns");
  return problems.map((problem) => `${file} ${problem}`);
}

function sectionOf(header: string, word: string): string | undefined {
  return new RegExp(`^-- ${word}\\s+\\S[^\\n]*\\n(?:--   .*\\n)*`, "m").exec(header)?.[0];
}

function checkSection(word: "KEYS" | "ARGV", section: string | undefined, body: string): string[] {
  if (section === undefined) return [`does not list its ${word}`];
  // "3... a list index a pool" begins a series, which the body computes its way through.
  const listed = [...section.matchAll(/(?:\s\s|-- {3,}|[A-Z] +)(\d+)(?=(?:\.\.\.)? [a-z"])(?!\.\.\.)/g)].map(
    (hit) => hit[1],
  );
  const used = [...body.matchAll(new RegExp(`\\b${word}\\[(\\d+)\\]`, "g"))].map((hit) => hit[1]);
  return [
    ...used
      .filter((n) => !listed.includes(n))
      .map((n) => `uses ${word}[${n}], which its header does not list`),
    ...listed.filter((n) => !used.includes(n)).map((n) => `lists ${word} ${n}, which it does not use`),
  ];
}
