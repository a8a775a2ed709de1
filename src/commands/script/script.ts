import { type Command, Option } from "commander";
import type { ExitName } from "../../exit-codes.ts";
import type { BackendScript } from "../../pool/ports.ts";
import type { Deps, RunAction } from "../deps.ts";

type Language = keyof BackendScript["examples"];

const LANGUAGES: Language[] = ["java", "php", "python", "go", "node"];

const EXAMPLES = `
Examples:
  # Print the script, for SCRIPT LOAD and EVALSHA
  $ push-cli script claim > claim.lua
  $ push-cli script claim --sha1
  # Show how to call it
  $ push-cli script claim --example python`;

interface ClaimFlags {
  sha1?: boolean;
  example?: Language;
}

export function registerScript(script: Command, run: RunAction): void {
  script.helpCommand(false).addHelpText("after", EXAMPLES);
  script
    .command("claim")
    .description("Print the script that atomically claims a user's next code")
    .option("--sha1", "Print only its SHA1, for EVALSHA")
    .addOption(
      new Option("--example <language>", "Print a program that calls it: java, php, python, go or node")
        .choices(LANGUAGES)
        .conflicts("sha1"),
    )
    .addHelpText("after", EXAMPLES)
    .action(run(printClaim));
}

/** What is printed is the script and nothing else, so that its SHA1 is that of the file it goes into. */
async function printClaim({ out, claimScript }: Deps, flags: ClaimFlags): Promise<ExitName> {
  const script = await claimScript();
  if (out.format === "json") out.json(script);
  else if (flags.sha1) out.data(script.sha1);
  else if (flags.example) out.data(script.examples[flags.example].trimEnd());
  else {
    out.data(script.source.trimEnd());
    out.talk(`SHA1 ${script.sha1}`);
    out.talk(`to see how to call it: push-cli script claim --example ${LANGUAGES.join("|")}`);
  }
  return "done";
}
