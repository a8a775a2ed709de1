import type { Template } from "../../broadcast/channel.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps } from "../deps.ts";
import { askTemplates } from "./templates.ts";

export async function listTemplates(deps: Deps): Promise<ExitName> {
  const { out } = deps;
  const { templates, doubt } = await askTemplates(deps);
  if (out.format === "json") out.json({ templates, ...(doubt !== undefined && { doubt }) });
  else {
    // A terminal has no room for the names beside an id of 43 characters; `template show` has them.
    const shown = (fields: Template["fields"]) =>
      out.format === "human" ? fields.length : fields.map(({ name }) => name).join(" ");
    await out.table(
      [{ title: "template", name: "id" }, { title: "kind" }, { title: "title" }, { title: "fields" }],
      templates.map(({ id, kind, title, fields }) => [id, kind, title, shown(fields)]),
    );
  }
  return "done";
}
