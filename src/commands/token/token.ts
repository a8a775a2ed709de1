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
  # what is stored: its first letters and its expiry
  $ push-cli token show
  # fetch a token unless a good one is stored
  $ push-cli token refresh
  # what a refresh would do: which key, whose token ends, under which lock
  $ push-cli token refresh --dry-run
  # a new one in any case: says whom that logs out, and asks
  $ push-cli token refresh --force
  # the token that the backend's SDK keeps in the same Redis
  $ push-cli token show --token-store wxjava

Access tokens, and how to share them with an SDK: push-cli help tokens`;

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
    .description("show the stored token; asks the API nothing")
    .addHelpText("after", "\nExample:\n  $ push-cli token show --json")
    .action(run(showToken));
  token
    .command("refresh")
    .description("fetch and store a token unless a good one is stored")
    .option("--force", "fetch a new one in any case; says whom that logs out, and asks")
    .option("--dry-run", "say what would be done, under which lock, and whose token would end")
    .addHelpText(
      "after",
      `
--force replaces a token that others use, the backend above all: it asks first,
and --yes answers. In stable mode the old token dies at once; the platform
allows that 20 times a day, at least 30 s apart.

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
      hint: [tokens.elsewhere, "push-cli token refresh fetches one"].filter(Boolean).join("; "),
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
