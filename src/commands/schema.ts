import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { DOCUMENTS, documentsOf } from "../documents/catalog.ts";
import { type DocumentDefinition, toJsonSchema } from "../documents/define.ts";
import { usageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Deps, RunAction } from "./deps.ts";

const EXAMPLES = `
Without arguments, lists all documents. A command that prints a single document
can be given in its place.

Examples:
  $ push-cli schema
  $ push-cli schema pool-list
  $ push-cli schema broadcast show > broadcast-show.schema.json
  # Show the schema of a document
  $ push-cli schema pool-stats --jq '.properties | keys[]'`;

export function registerSchema(schema: Command, run: RunAction): void {
  schema
    .argument("[document...]", "Document name, or a command")
    .addHelpText("after", EXAMPLES)
    .action(run(({ out }: Deps, _flags: object, words: string[]) => showSchema(out, words)));
}

async function showSchema(out: Deps["out"], words: readonly string[]): Promise<ExitName> {
  if (words.length === 0) return listDocuments(out);
  out.json(toJsonSchema(findDocument(words)));
  return "done";
}

async function listDocuments(out: Deps["out"]): Promise<ExitName> {
  const documents = DOCUMENTS.map(({ name, version, form, title, commands }) => ({
    ...{ name, version, form, title },
    commands: [...commands],
  }));
  if (out.format === "json") out.json({ documents });
  else
    await out.table(
      COLUMNS,
      documents.map(({ name, version, form, title, commands }) => [
        name,
        version,
        form,
        title,
        commands.join(", "),
      ]),
    );
  return "done";
}

const COLUMNS = [
  { title: "document", name: "name" },
  { title: "version", align: "right" as const },
  { title: "form" },
  { title: "title", wrap: true },
  { title: "commands", wrap: true },
];

function findDocument(words: readonly string[]): DocumentDefinition {
  const name = words.join("-");
  const found = DOCUMENTS.find((one) => one.name === name);
  if (found) return found;
  const printed = documentsOf(words.join(" "));
  const [only] = printed;
  if (only && printed.length === 1) return only;
  if (only)
    throw usageError(
      `${words.join(" ")} prints several kinds of documents`,
      `choose one of ${printed.map((one) => one.name).join(", ")}`,
    );
  const near = nearestWord(
    name,
    DOCUMENTS.map((one) => one.name),
  );
  const meant = near === undefined ? "" : `did you mean ${near}? `;
  throw usageError(`unknown document '${words.join(" ")}'`, `${meant}to list all documents: push-cli schema`);
}
