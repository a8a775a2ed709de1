import type { Template, TemplateField } from "../../broadcast/channel.ts";
import { nearestWord } from "../../config/nearest.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Output } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { askTemplates } from "./templates.ts";

export async function showTemplate(deps: Deps, _flags: object, id: string): Promise<ExitName> {
  const { out } = deps;
  const { templates, doubt, channel } = await askTemplates(deps);
  const template = templates.find((one) => one.id === id);
  if (template === undefined) throw missing(id, templates);
  const sample = sampleCommand(template, channel.name);
  if (out.format === "json") {
    out.json({ ...template, sample, ...(doubt !== undefined && { doubt }) });
    return "done";
  }
  if (out.format === "human") await showOnScreen(out, template, sample);
  else
    await out.table(
      COLUMNS,
      template.fields.map((field) => [...start(field), field.example ?? "", takes(field)]),
    );
  return "done";
}

const COLUMNS = [
  { title: "field", name: "name" },
  { title: "label" },
  { title: "example" },
  { title: "takes", wrap: true },
];

/** The examples are in the command line: a terminal has no room for them beside what a field takes. */
async function showOnScreen(out: Output, template: Template, sample: string): Promise<void> {
  const columns = COLUMNS.filter(({ title }) => title !== "example");
  out.data(`${template.title} (${template.kind})\n${template.id}\n`);
  await out.table(
    columns,
    template.fields.map((field) => [...start(field), takes(field)]),
  );
  out.data(`\n  $ ${sample}`);
}

function start({ name, label = "" }: TemplateField): string[] {
  return [name, label];
}

function missing(id: string, templates: readonly Template[]): PushCliError {
  const near = nearestWord(
    id,
    templates.map((one) => one.id),
  );
  const meant = near === undefined ? "" : `did you mean ${near}? `;
  return new PushCliError("nothing", `the account has no template '${id}'`, {
    hint: `${meant}to list them: push-cli template list`,
  });
}

function takes({ values, takes: rule = "" }: TemplateField): string {
  return values === undefined ? rule : `one of ${values.join(", ")}`;
}

/** A command line that sends the template's own examples: what stands where, and how it is quoted. */
function sampleCommand({ id, fields }: Template, channel: string): string {
  const values = fields.map(({ name, values: allowed, example }) => example ?? allowed?.[0] ?? name);
  const keywords = shellWord(values.map(csvField).join(","));
  // An id may begin with a dash.
  return `push-cli broadcast --channel ${channel} --keywords ${keywords} --dry-run -- ${id}`;
}

function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
