import type { ExitName } from "../../exit-codes.ts";
import type { TokenMode } from "../../token/ports.ts";
import type { TokenProvider } from "../../token/provider.ts";
import { redactToken } from "../../token/redact.ts";
import type { Deps } from "../deps.ts";
import { showFields } from "./fields.ts";
import { describe } from "./replace.ts";

/** When the token that others may use comes to its end: by WeChat's pages on stable_token and on /cgi-bin/token. */
type Ends = "never" | "at-once" | "in-5-minutes";

/** The JSON document of `token refresh --dry-run`; a contract. */
interface PlanDocument {
  dryRun: true;
  appid: string;
  store: string;
  key: string;
  lock: string;
  mode: TokenMode;
  /** `keep`: the stored token is good; `fetch`: the API is asked for one; `replace`: for one in place of a good one. */
  action: "keep" | "fetch" | "replace";
  /** What is stored now. */
  token: string | null;
  expiresAt: string | null;
  ends: Ends;
}

const SENTENCES: Record<Ends, string> = {
  never: "no token: a stable token is shared by all callers",
  "at-once": "the current stable token, immediately: copies are refused (errcode 40001)",
  "in-5-minutes": "the previous token of /cgi-bin/token, in 5 minutes",
};

/** Says what `token refresh` would do. Rejects as it would where it must not replace the token. */
export async function showPlan(
  { out, clock }: Deps,
  tokens: TokenProvider,
  appid: string,
  force: boolean,
): Promise<ExitName> {
  const { stored, fetches, refusal } = await tokens.plan(force);
  if (refusal) throw refusal;
  const { store, key, lock, mode } = tokens;
  const isGood = stored !== undefined && stored.expiresAtMs > clock.now();
  const document: PlanDocument = {
    dryRun: true,
    appid,
    store,
    key,
    lock,
    mode,
    action: !fetches ? "keep" : isGood ? "replace" : "fetch",
    token: stored ? redactToken(stored.token) : null,
    expiresAt: stored && !stored.isEndless ? new Date(stored.expiresAtMs).toISOString() : null,
    ends: !fetches ? "never" : mode === "basic" ? "in-5-minutes" : force ? "at-once" : "never",
  };
  if (out.format !== "human") {
    await out.document(document);
    return "done";
  }
  const isForced = force && mode === "stable";
  showFields(out, {
    would: WOULD[document.action],
    appid,
    store,
    key,
    stored: describe(stored, clock.now()),
    ...(fetches && {
      asks: `${ENDPOINTS[mode]}${isForced ? ", forced" : ""}`,
      lock,
      ends: SENTENCES[document.ends],
    }),
  });
  return "done";
}

const ENDPOINTS: Record<TokenMode, string> = { stable: "stable_token", basic: "/cgi-bin/token" };

const WOULD: Record<PlanDocument["action"], string> = {
  keep: "keep the stored token",
  fetch: "fetch a token and store it",
  replace: "fetch a new token and replace the stored one",
};
