import type { ExitName } from "../../exit-codes.ts";
import type { Deps } from "../deps.ts";
import { askTemplates } from "./templates.ts";

export async function listTemplates(deps: Deps): Promise<ExitName> {
  const { out } = deps;
  const { templates, doubt } = await askTemplates(deps);
  if (out.format === "json") out.json({ templates, ...(doubt !== undefined && { doubt }) });
  else {
    await out.table(
      [{ title: "template" }, { title: "kind" }, { title: "title" }, { title: "fields" }],
      templates.map(({ id, kind, title, fields }) => [
        id,
        kind,
        title,
        fields.map(({ name }) => name).join(" "),
      ]),
    );
  }
  return "done";
}
