import type { Command } from "commander";
import { requireAppid, requireCredentials } from "../../config/credentials.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration, formatTime } from "../../output/format.ts";
import type { StoredToken } from "../../token/ports.ts";
import type { TokenProvider } from "../../token/provider.ts";
import { redactToken } from "../../token/redact.ts";
import type { Deps, RunAction } from "../deps.ts";
import { showFields } from "./fields.ts";
import { showPlan } from "./plan.ts";
import { askToReplace } from "./replace.ts";

const EXAMPLES = `
Examples:
  # Show the stored token (first characters only) and its expiry
  $ push-cli token show
  # Fetch a token unless a valid one is stored
  $ push-cli token refresh
  # Preview a refresh: key, lock, and whose token would stop working
  $ push-cli token refresh --dry-run
  # Replace the token even if it is valid; asks for confirmation
  $ push-cli token refresh --force
  # Show the token that the backend's SDK keeps in the same Redis
  $ push-cli token show --token-store wxjava

To share access tokens with an SDK, see push-cli help tokens.`;

/** The JSON document of `token`; a contract. The token is shortened. */
interface TokenDocument {
  appid: string;
  token: string;
  /** Null where nothing says when the token lapses: a key without a TTL. */
  expiresAt: string | null;
  source: "store" | "api";
  /** As --token-store has it, and the key there; a secret in it is left out. */
  store: string;
  key: string;
}

export function registerToken(token: Command, run: RunAction): void {
  token.helpCommand(false).addHelpText("after", EXAMPLES);
  token
    .command("show")
    .description("Show the stored token without calling the API")
    .addHelpText("after", "\nExample:\n  $ push-cli token show --json")
    .action(run(showToken));
  token
    .command("refresh")
    .description("Fetch and store a token unless a valid one is stored")
    .option("--force", "Fetch a new token even if the stored one is valid; asks for confirmation")
    .option("--dry-run", "Show what would be done, under which lock, and whose token would stop working")
    .addHelpText(
      "after",
      `
--force replaces a token that other processes use, the backend above all, and
asks for confirmation. In stable mode the old token stops working immediately;
the platform allows this 20 times a day, at least 30 s apart.

Examples:
  $ push-cli token refresh --quiet
  $ push-cli token refresh --dry-run
  $ push-cli token refresh --force`,
    )
    .action(run(refreshToken));
}

async function showToken(deps: Deps): Promise<ExitName> {
  const appid = requireAppid(await deps.settings());
  const tokens = await deps.tokens();
  const stored = await tokens.show();
  if (!stored) {
    const where = tokens.store === "push-cli" ? "" : ` in "${tokens.key}"`;
    throw new PushCliError("nothing", `no token of ${appid} is stored${where}`, {
      hint: [tokens.elsewhere, "to fetch one: push-cli token refresh"].filter(Boolean).join("; "),
    });
  }
  return present(deps, tokens, { appid, ...stored, source: "store" });
}

interface RefreshFlags {
  force?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

async function refreshToken(deps: Deps, flags: RefreshFlags): Promise<ExitName> {
  const { appid } = requireCredentials(await deps.settings());
  const force = flags.force === true;
  if (flags.dryRun) return showPlan(deps, await deps.tokens(), appid, force);
  if (force && !flags.yes) {
    const interrupted = await askToReplace(deps, appid);
    if (interrupted) return interrupted;
  }
  const tokens = await deps.tokens();
  return present(deps, tokens, { appid, ...(await tokens.refresh(force)) });
}

async function present(
  { out, clock }: Deps,
  { store, key }: TokenProvider,
  token: { appid: string; source: "store" | "api" } & StoredToken,
): Promise<ExitName> {
  const document: TokenDocument = {
    appid: token.appid,
    token: redactToken(token.token),
    expiresAt: token.isEndless ? null : new Date(token.expiresAtMs).toISOString(),
    source: token.source,
    store,
    key,
  };
  if (out.format !== "human") await out.document(document);
  else {
    const left = formatDuration(Math.max(0, token.expiresAtMs - clock.now()));
    const renewed = token.isEndless
      ? "unknown: the key has no TTL"
      : `after ${formatTime(token.expiresAtMs)} (in ${left})`;
    showFields(out, { appid: token.appid, token: document.token, renewed, source: token.source, store, key });
  }
  return "done";
}
