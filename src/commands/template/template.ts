import type { Command } from "commander";
import type { RunAction } from "../deps.ts";
import { listTemplates } from "./list.ts";
import { showTemplate } from "./show.ts";

const EXAMPLES = `
Examples:
  # the templates for subscribe messages that the account has
  $ push-cli template list --channel wechat-subscribe
  # the fields of one, what they take, and a command line that sends it
  $ push-cli template show <id> --channel wechat-subscribe`;

export function registerTemplate(template: Command, run: RunAction): void {
  template.helpCommand(false).addHelpText("after", EXAMPLES);
  template
    .command("list")
    .description("list the account's templates: id, title, kind and fields")
    .addHelpText(
      "after",
      `
It asks the platform. When that won't tell, it shows the list that an earlier
command has left in Redis, and says how old it is.

Example:
  $ push-cli template list --channel wechat-subscribe --json`,
    )
    .action(run(listTemplates));
  template
    .command("show <id>")
    .description("show the fields of a template, and a command line that sends it")
    .addHelpText("after", "\nExample:\n  $ push-cli template show <id> --channel wechat-subscribe")
    .action(run(showTemplate));
}
