import { type Import, resolveImport, scanImports } from "./imports.ts";
import { maskSource } from "./mask.ts";

/** What a place may import of the project: `values` as it likes, `types` by `import type` alone. Paths, or folders ending in `/`. */
interface Rule {
  values: string[];
  types?: string[];
}

const LEAVES = ["src/errors.ts", "src/clock.ts", "src/log.ts"];
const DOMAIN = ["src/pool/", "src/broadcast/", "src/token/"];
const PLATFORM: Rule = {
  values: [...LEAVES, "src/platforms/http/", "src/platforms/errcode/"],
  types: ["src/token/ports.ts", "src/broadcast/ports.ts", "src/broadcast/channel.ts"],
};
const NOTHING: Rule = { values: [] };
/** Its types, and the errors that its platforms throw. */
const COLLECTOR_PORTS = "src/collector/ports.ts";

/** What the doctor asks of servers. */
const DOCTOR_PORTS = "src/doctor/ports.ts";

/** The table of the design, "who may import whom". Every folder may import itself. */
const RULES: Record<string, Rule> = {
  "src/errors.ts": NOTHING,
  "src/clock.ts": NOTHING,
  "src/log.ts": NOTHING,
  "src/exit-codes.ts": NOTHING,
  "src/pool/": { values: LEAVES, types: DOMAIN },
  "src/broadcast/": { values: LEAVES, types: DOMAIN },
  "src/token/": { values: LEAVES, types: DOMAIN },
  // Facts come in; what is made of them goes out as checks. Whether a memory policy is a danger the engine says, what lies in
  // pools the pools' own statistics.
  "src/doctor/": {
    values: [...LEAVES, "src/pool/", "src/config/", "src/output/format.ts", "src/broadcast/eviction.ts"],
    types: DOMAIN,
  },
  "src/platforms/http/": { values: LEAVES, types: [COLLECTOR_PORTS, DOCTOR_PORTS] },
  // What platforms have in common whose answers have an errcode.
  "src/platforms/errcode/": {
    values: [...LEAVES, "src/platforms/http/", COLLECTOR_PORTS],
    types: ["src/token/ports.ts", "src/broadcast/ports.ts", "src/broadcast/channel.ts"],
  },
  // Their channels are loaded one by one.
  "src/platforms/channels.ts": { values: ["src/platforms/"] },
  "src/platforms/collectors.ts": { values: ["src/platforms/"], types: [COLLECTOR_PORTS] },
  // What may end a key of consents is the pools' matter.
  "src/platforms/wechat/": {
    ...PLATFORM,
    values: [...PLATFORM.values, COLLECTOR_PORTS, "src/pool/template-id.ts"],
  },
  "src/platforms/qq/": PLATFORM,
  "src/platforms/baidu/": PLATFORM,
  "src/platforms/alipay/": { ...PLATFORM, values: [...PLATFORM.values, COLLECTOR_PORTS] },
  // The stores read entries, by the codec, and change them by comparison.
  "src/redis/": {
    values: ["src/errors.ts", "src/pool/"],
    types: [...DOMAIN, "src/clock.ts", "src/log.ts", "src/collector/ports.ts", DOCTOR_PORTS],
  },
  "src/config/": { values: ["src/errors.ts"], types: ["src/output/", "src/token/ports.ts", "src/clock.ts"] },
  // What a person gives to read in: rows in any form, and where they are put down meanwhile.
  "src/files/": { values: ["src/errors.ts", "src/config/config-file.ts"], types: ["src/output/"] },
  "src/output/": {
    values: ["src/errors.ts", "src/log.ts"],
    types: [
      "src/config/",
      "src/broadcast/record.ts",
      "src/token/ports.ts",
      "src/clock.ts",
      "src/exit-codes.ts",
    ],
  },
  // The page of `broadcast report`: data in, markup out.
  "src/report/": { values: ["src/broadcast/", "src/output/format.ts"], types: DOMAIN },
  // The manual; which page it is and how it looks is the matter of others.
  "src/help/": NOTHING,
  // Data: the shapes of what is printed.
  "src/documents/": NOTHING,
  // What is told of how a command ended, and whether it was taken; the request itself comes in.
  "src/notify/": { values: LEAVES },
  // Its stores and its platform come in.
  "src/collector/": {
    values: [...LEAVES, "src/pool/"],
    types: ["src/broadcast/receipts.ts"],
  },
  // Nothing of the client: a shared parser would share its faults.
  "src/sandbox/": {
    values: [
      "src/platforms/wechat/wire.ts",
      "src/platforms/baidu/wire.ts",
      "src/platforms/alipay/wire.ts",
      "src/errors.ts",
    ],
  },
  "src/local-redis/": { values: ["src/errors.ts"] },
  "src/commands/": {
    values: [
      ...DOMAIN,
      "src/doctor/",
      "src/output/",
      "src/config/",
      "src/files/",
      "src/notify/",
      "src/report/",
      "src/help/",
      "src/documents/",
      "src/exit-codes.ts",
      ...LEAVES,
    ],
    types: ["src/sandbox/", "src/local-redis/"],
  },
  // Runs in a mini program: nothing of the project, nothing of Node.
  "src/client/": NOTHING,
  "src/main.ts": { values: ["src/", "package.json"] },
  "src/wiring.ts": { values: ["src/"] },
  "src/wiring-ask.ts": { values: ["src/"] },
  "src/wiring-channel.ts": { values: ["src/"] },
  "src/wiring-collector.ts": { values: ["src/"] },
  "src/wiring-doctor.ts": { values: ["src/"] },
  "src/wiring-log.ts": { values: ["src/"] },
  "src/wiring-source.ts": { values: ["src/"] },
  "bin/push-cli.ts": {
    values: ["bin/load.ts", "bin/setup/version.mjs", "package.json"],
    types: ["src/main.ts", "src/output/process-io.ts"],
  },
  "bin/load.ts": NOTHING,
  "bin/build.mjs": { values: ["bin/build/"] },
  "bin/build/": NOTHING,
  // Draws the picture in README.md from a run against a Redis and a sandbox of its own.
  "bin/record/": { values: ["src/errors.ts", "src/local-redis/", "src/sandbox/"] },
  "bin/setup.mjs": { values: ["bin/setup/"] },
  "bin/setup/": NOTHING,
};

/** Things of the outside and the only places that may touch them. */
const OUTSIDE: { what: string; pattern: RegExp; in: "code" | "imports"; only: string[] }[] = [
  { what: "ioredis", pattern: /^ioredis(\/|$)/, in: "imports", only: ["src/redis/"] },
  { what: "undici", pattern: /^undici(\/|$)/, in: "imports", only: ["src/platforms/http/"] },
  {
    what: "the file system",
    pattern: /^(node:)?fs(\/|$)/,
    in: "imports",
    only: [
      "src/config/",
      "src/files/",
      "src/output/report-file.ts",
      "src/output/export-file.ts",
      "src/output/metrics-file.ts",
      "src/output/whole-file.ts",
      // The log and the audit log.
      "src/output/append-file.ts",
      // The controlling terminal is a file.
      "src/output/process-io.ts",
      // So is what Linux tells of its processes.
      "src/output/process-facts.ts",
      "src/local-redis/",
      // The pages of the manual.
      "src/help/",
      // Sockets that were left behind.
      "src/collector/listen.ts",
      "bin/build",
      "bin/load.ts",
      "bin/record/",
      "bin/setup",
    ],
  },
  {
    what: "child processes",
    pattern: /^(node:)?child_process$/,
    in: "imports",
    only: [
      "src/local-redis/",
      "src/sandbox/child-cli.ts",
      "src/output/pager.ts",
      "bin/record/",
      "bin/setup",
      "bin/build/",
    ],
  },
  { what: "process, as a module", pattern: /^(node:)?process$/, in: "imports", only: [] },
  {
    what: "the environment",
    pattern: /\bprocess\s*\.\s*env\b/,
    in: "code",
    only: ["src/config/", "src/output/process-io.ts", "bin/"],
  },
  {
    what: "the process's streams",
    pattern: /(?<![.\w$])console\b|\bprocess\s*\.\s*std(in|out|err)\b/,
    in: "code",
    only: ["src/output/", "bin/"],
  },
  {
    what: "process",
    pattern: /(?<![.\w$])process\b(?!\s*:)|\bglobalThis\s*\.\s*process\b/,
    in: "code",
    only: ["src/config/", "src/output/process-", "src/local-redis/", "src/sandbox/child-cli.ts", "bin/"],
  },
];

/** Clock and chance come into domain code as arguments, or its tests would have to wait and to hope. */
const CLOCK_AND_CHANCE =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(\(\s*\)|(?!\s*\())|(?<![.\w$])performance\b|\bMath\s*\.\s*random\b/;

/** What an errcode means is a matter of its platform and endpoint; the engine goes by classes of answers. */
const ERRCODE = /\b4\d{4}\b/;

/** Loading them takes longer than bare Node takes to start; `--help` needs none of them. */
const COSTLY = [
  ...["ioredis", "undici", "ora", "cli-table3", "zod", "csv-parse", "jsonc-parser"],
  ...["jose", "prom-client", "saxes", "jq-wasm", "marked"],
];

/** What `file` does that the rules forbid, one line each. `packages` are the dependencies that are there at run time. */
export function findViolations(file: string, source: string, packages: readonly string[]): string[] {
  const place = Object.keys(RULES).find((name) => isWithin(file, [name]));
  const rule = place === undefined ? undefined : RULES[place];
  if (place === undefined || rule === undefined) return [`${file} has no place in the table of folders`];
  const imports = scanImports(source);
  return [
    ...imports.map((one) => checkFolder(file, place, rule, one)),
    ...imports.map((one) => checkPackage(file, one, packages)),
    ...OUTSIDE.map((thing) => checkOutside(file, thing, source, imports)),
    isWithin(file, [...DOMAIN, "src/collector/"]) && CLOCK_AND_CHANCE.test(maskSource(source))
      ? `${file} uses clock or chance itself`
      : "",
    isWithin(file, ["src/broadcast/"]) && ERRCODE.test(source) ? `${file} names an errcode` : "",
  ].filter((violation) => violation !== "");
}

function isWithin(file: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith(".ts") ? file === place : file.startsWith(place)));
}

function checkFolder(file: string, place: string, rule: Rule, { specifier, kind }: Import): string {
  // The build asks packages for their names, and the table of settings for its schema.
  if (specifier === "?" && /^bin\/build(\/schema)?\.mjs$/.test(file)) return "";
  if (specifier === "?") return `${file} imports what it computes`;
  const target = resolveImport(file, specifier);
  if (target === undefined || isWithin(target, [place, ...rule.values])) return "";
  if (!isWithin(target, rule.types ?? [])) return `${file} imports ${target}`;
  return kind === "type" ? "" : `${file} imports more than types of ${target}`;
}

function checkPackage(file: string, { specifier, kind }: Import, packages: readonly string[]): string {
  if (kind === "type" || /^(\.|node:|\?$)/.test(specifier)) return "";
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (!packages.includes(name)) return `${file} imports ${specifier}, which is no dependency`;
  return kind === "value" && COSTLY.includes(name) ? `${file} loads ${specifier} before it is needed` : "";
}

function checkOutside(
  file: string,
  thing: (typeof OUTSIDE)[number],
  source: string,
  imports: Import[],
): string {
  if (isWithin(file, thing.only)) return "";
  const texts = thing.in === "code" ? [maskSource(source)] : imports.map((one) => one.specifier);
  return texts.some((text) => thing.pattern.test(text)) ? `${file} touches ${thing.what}` : "";
}
