import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { listTemplates } from "./list.ts";
import { showTemplate } from "./show.ts";

const EXAMPLES = `
Examples:
  # List the account's templates for subscribe messages
  $ push-cli template list --channel wechat-subscribe
  # Show a template's fields, their limits, and a command that sends it
  $ push-cli template show <id> --channel wechat-subscribe`;

export function registerTemplate(template: Command, run: RunAction): void {
  template.helpCommand(false).addHelpText("after", EXAMPLES);
  template
    .command("list")
    .alias("ls")
    .description("List the account's templates: id, title, kind and fields")
    .addHelpText(
      "after",
      `
The list comes from the platform. If the platform refuses, the list that an
earlier command cached in Redis is shown, with its age.

Example:
  $ push-cli template list --channel wechat-subscribe --json`,
    )
    .action(run(listTemplates));
  template
    .command("show <id>")
    .description("Show the fields of a template and a command that sends it")
    .addHelpText("after", "\nExample:\n  $ push-cli template show <id> --channel wechat-subscribe")
    .action(run(showTemplate));
}
