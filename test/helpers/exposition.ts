/** A series as Prometheus knows it. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/**
 * Reads the text format of Prometheus 0.0.4 as strictly as node_exporter's textfile collector: each family has HELP and TYPE
 * before its samples and stands in one piece, no series comes twice, none has a time, and the text ends with a line end.
 */
export function parseExposition(text: string): Series[] {
  if (!text.endsWith("\n")) throw new Error("does not end with a line end");
  const all: Series[] = [];
  const helped = new Set<string>();
  const typed = new Set<string>();
  const seen = new Set<string>();
  let family: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = ""] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) .+$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (helped.has(name)) throw new Error(`second HELP for ${name}`);
      helped.add(name);
    } else if (kind === "TYPE") {
      if (!/ (counter|gauge)$/.test(line)) throw new Error(`unknown type: ${line}`);
      if (typed.has(name) || !helped.has(name)) throw new Error(`TYPE of ${name} is not behind its HELP`);
      typed.add(name);
      family = name;
    } else {
      const series = parseSample(line);
      if (series.name !== family) throw new Error(`${series.name} is not with its TYPE`);
      const key = `${series.name} ${JSON.stringify(Object.entries(series.labels).sort())}`;
      if (seen.has(key)) throw new Error(`twice: ${key}`);
      seen.add(key);
      all.push(series);
    }
  }
  return all;
}

function parseSample(line: string): Series {
  const [, name, inner, number] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  if (name === undefined || number === undefined) throw new Error(`no sample: ${line}`);
  if (!/^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)$|^NaN$/i.test(number)) throw new Error(`no number: ${line}`);
  const labels: Record<string, string> = {};
  let rest = inner ?? "";
  while (rest !== "") {
    const [whole, label, value] = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === undefined || label === undefined || value === undefined)
      throw new Error(`no label: ${rest}`);
    if (label in labels) throw new Error(`label ${label} twice`);
    labels[label] = value.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(number) };
}

/** The values of a family, by a label. */
export function byLabel(all: readonly Series[], name: string, label: string): Record<string, number> {
  const own = all.filter((one) => one.name === name);
  return Object.fromEntries(own.map(({ labels, value }) => [labels[label] ?? "", value]));
}

/** The value of the only series of a family. */
export function onlyValue(all: readonly Series[], name: string): number | undefined {
  const own = all.filter((one) => one.name === name);
  if (own.length > 1) throw new Error(`several series of ${name}`);
  return own[0]?.value;
}
