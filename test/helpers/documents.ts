import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Command } from "commander";
import { findPlace, withDefault } from "../../src/commands/completion/place.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { lineage } from "../../src/commands/words.ts";
import { DOCUMENTS, documentsOf } from "../../src/documents/catalog.ts";
import { type DocumentDefinition, toJsonSchema } from "../../src/documents/define.ts";

/** Documents that fit no schema, or have fields that their schema does not have. */
export class UnfitDocument extends Error {}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default(ajv);
const validators = new Map<string, ValidateFunction>();
let program: Promise<Command> | undefined;

/**
 * Holds what a command line has printed with --json against the schemas of the command's documents, which allow no further
 * fields here; and errors on stderr against that of errors. Rejects with an UnfitDocument.
 */
export async function checkPrinted(
  argv: readonly string[],
  { stdout, stderr }: { stdout: string; stderr: string },
): Promise<void> {
  for (const line of stderr.split("\n").filter((one) => one.startsWith('{"error":')))
    expectOne([find("error")], JSON.parse(line), argv);
  // What shells ask for completion prints words, whatever is being completed.
  if (argv[0]?.startsWith("__") || !printsJson(argv)) return;
  const documents = await documentsFor(argv);
  for (const document of readDocuments(stdout)) expectOne(documents, document, argv);
}

/** Looks at the report that a command line names; what comes back throws an UnfitDocument for lines that it has added. */
export function watchReport(argv: readonly string[], cwd: string): () => void {
  const at = argv.indexOf("--report");
  const name = at < 0 ? undefined : argv[at + 1];
  if (name === undefined || name === "-") return () => {};
  const path = resolve(cwd, name);
  const before = readWholeLines(path).length;
  return () => {
    for (const line of readWholeLines(path).slice(before))
      expectOne([find("report-line")], JSON.parse(line), argv);
  };
}

/** Why a value is not the document of that name; empty when it is. */
export function faultsOf(name: string, value: unknown): string[] {
  const validate = validators.get(name) ?? compile(find(name));
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${name}${instancePath} ${message} ${JSON.stringify(params)}`;
  });
}

/** JSON, whole or one document per line. */
export function readDocuments(text: string): unknown[] {
  if (/^[{[]\n/.test(text)) return [JSON.parse(text)];
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

/** With fields or jq, what is printed is no longer the document. */
function printsJson(argv: readonly string[]): boolean {
  const changed = argv.some((word) => /^--jq(=|$)|^--json=/.test(word));
  const isFormat = argv.some(
    (word, at) => word === "--format=json" || (word === "--format" && argv[at + 1] === "json"),
  );
  return (
    !changed && (argv.includes("--json") || isFormat) && !argv.includes("--version") && !argv.includes("-V")
  );
}

async function documentsFor(argv: readonly string[]): Promise<readonly DocumentDefinition[]> {
  if (argv.includes("--report") && argv[argv.indexOf("--report") + 1] === "-" && !argv.includes("--dry-run"))
    return [find("report-line")];
  program ??= buildProgram("0.0.0", () => async () => undefined);
  const { command, args } = findPlace(await program, [...argv, ""]);
  const named = withDefault(command);
  const path = lineage(named).map((one) => one.name());
  const isHelp = argv.includes("--help") || argv.includes("-h") || named.commands.length > 0;
  const name = isHelp ? "help" : path.reverse().slice(1).join(" ");
  // Schemas are described by their dialect, which ajv checks when it compiles them.
  if (name === "schema" && args.length > 0) return [];
  return documentsOf(name);
}

function expectOne(documents: readonly DocumentDefinition[], value: unknown, argv: readonly string[]): void {
  const faults = documents.map(({ name }) => faultsOf(name, value));
  if (documents.length === 0 || faults.some((some) => some.length === 0)) return;
  const command = `push-cli ${argv.join(" ")}`;
  throw new UnfitDocument(
    `"${command}" printed what no schema allows:\n${faults.flat().join("\n")}\n${JSON.stringify(value)}`,
  );
}

function compile(document: DocumentDefinition): ValidateFunction {
  const validate = ajv.compile(close(toJsonSchema(document)) as object);
  validators.set(document.name, validate);
  return validate;
}

/** The same schema without room for further fields. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  return "properties" in schema && !Array.isArray(schema.properties) && "required" in schema
    ? { ...closed, additionalProperties: false }
    : closed;
}

function find(name: string): DocumentDefinition {
  const found = DOCUMENTS.find((one) => one.name === name);
  if (!found) throw new Error(`there is no document ${name}`);
  return found;
}

function readWholeLines(path: string): string[] {
  // From a pipe we would read in the place of its reader.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}
