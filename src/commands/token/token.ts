import type { Command } from "commander";
import { requireAppid, requireCredentials } from "../../config/credentials.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration, formatTime } from "../../output/format.ts";
import { redactToken } from "../../token/redact.ts";
import type { Deps, RunAction } from "../deps.ts";
import { askToReplace } from "./replace.ts";

const EXAMPLES = `
Examples:
  # what is stored: its first letters and its expiry
  $ push-cli token show
  # fetch a token unless a good one is stored
  $ push-cli token refresh
  # a new one in any case: says whom that logs out, and asks
  $ push-cli token refresh --force`;

/** The JSON document of `token`; a contract. The token is shortened. */
interface TokenDocument {
  appid: string;
  token: string;
  expiresAt: string;
  source: "store" | "api";
}

export function registerToken(token: Command, run: RunAction): void {
  token.helpCommand(false).addHelpText("after", EXAMPLES);
  token
    .command("show")
    .description("show the stored token; asks the API nothing")
    .addHelpText("after", "\nExample:\n  $ push-cli token show --json")
    .action(run(showToken));
  token
    .command("refresh")
    .description("fetch and store a token unless a good one is stored")
    .option("--force", "fetch a new one in any case; says whom that logs out, and asks")
    .addHelpText(
      "after",
      `
--force replaces a token that others use, the backend above all: it asks first,
and --yes answers. In stable mode the old token dies at once; the platform
allows that 20 times a day, at least 30 s apart.

Examples:
  $ push-cli token refresh --quiet
  $ push-cli token refresh --force`,
    )
    .action(run(refreshToken));
}

async function showToken(deps: Deps): Promise<ExitName> {
  const appid = requireAppid(await deps.settings());
  const tokens = await deps.tokens();
  const stored = await tokens.show();
  if (!stored) {
    throw new PushCliError("nothing", `no token of ${appid} is stored`, {
      hint: "push-cli token refresh fetches one",
    });
  }
  return present(deps, { appid, ...stored, source: "store" });
}

async function refreshToken(deps: Deps, flags: { force?: boolean; yes?: boolean }): Promise<ExitName> {
  const { appid } = requireCredentials(await deps.settings());
  if (flags.force && !flags.yes) {
    const interrupted = await askToReplace(deps, appid);
    if (interrupted) return interrupted;
  }
  const tokens = await deps.tokens();
  return present(deps, { appid, ...(await tokens.refresh(flags.force === true)) });
}

async function present(
  { out, clock }: Deps,
  token: { appid: string; token: string; expiresAtMs: number; source: "store" | "api" },
): Promise<ExitName> {
  const document: TokenDocument = {
    appid: token.appid,
    token: redactToken(token.token),
    expiresAt: new Date(token.expiresAtMs).toISOString(),
    source: token.source,
  };
  if (out.format !== "human") await out.document(document);
  else {
    const left = formatDuration(Math.max(0, token.expiresAtMs - clock.now()));
    const expires = `${formatTime(token.expiresAtMs)} (in ${left})`;
    const rows = [document.appid, document.token, expires, document.source];
    await out.table(
      [{ title: "appid" }, { title: "token" }, { title: "renewed after" }, { title: "source" }],
      [rows],
    );
  }
  return "done";
}
