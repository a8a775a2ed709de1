import type { Template, TemplateCache, TemplateList } from "../../../broadcast/channel.ts";
import type { Clock } from "../../../clock.ts";
import { PushCliError } from "../../../errors.ts";
import { PATHS } from "../wire.ts";
import { type CallOptions, callAccount } from "./account-calls.ts";
import { readQuota } from "./quota.ts";
import { type KeptList, loadKept, saveKept } from "./template-store.ts";
import { readTemplates } from "./templates.ts";

export interface AccountOptions extends CallOptions {
  appid: string;
  cache: TemplateCache;
  clock: Clock;
}

/** What the platform says about an account; a query costs nothing but a little of these calls' own quotas. */
export interface AccountView {
  /** `wanted`: a cached list without this template is refreshed. Absent: the platform is always queried. */
  templates(wanted?: string): Promise<TemplateList>;
  /** Messages that may still be sent today; undefined if the platform does not say. */
  quotaLeft(): Promise<number | undefined>;
}

const FRESH_MS = 10 * 60_000;

/**
 * The account as the platform describes it. The template list is cached in Redis: for 10 minutes it is not requested
 * again, and when the platform refuses it (its own quota is answered with 45009), an older one is used, with a note about
 * its age.
 */
export function viewAccount(options: AccountOptions): AccountView {
  const { cache, appid, clock } = options;
  return {
    templates: async (wanted) => {
      const kept = await loadKept(cache, appid);
      const has = kept?.templates.some(({ id }) => id === wanted);
      if (kept && has && isFresh(kept, clock.now())) return { templates: kept.templates };
      const asked = await askTemplates(options);
      if ("why" in asked) return goOnWith(kept, asked.why, clock.now());
      await saveKept(cache, appid, { atMs: clock.now(), templates: asked.templates });
      return asked;
    },
    quotaLeft: async () => {
      const body = JSON.stringify({ cgi_path: PATHS.subscribeSend });
      const result = await callAccount(options, { path: PATHS.quotaGet, body });
      return "why" in result ? undefined : readQuota(result.fields)?.left;
    },
  };
}

async function askTemplates(options: CallOptions): Promise<{ templates: Template[] } | { why: string }> {
  const result = await callAccount(options, { path: PATHS.getTemplate });
  if ("why" in result) return result;
  const templates = readTemplates(result.fields.data);
  return templates ? { templates } : { why: "its answer has no list" };
}

/** If the clock was set back, a cached list may be from the future: it is refreshed. */
function isFresh({ atMs }: KeptList, nowMs: number): boolean {
  return nowMs >= atMs && nowMs - atMs < FRESH_MS;
}

function goOnWith(kept: KeptList | undefined, why: string, nowMs: number): TemplateList {
  const what = `the platform does not give the account's template list: ${why}`;
  if (kept) {
    return {
      templates: kept.templates,
      doubt: `${what}; the list used here is ${ageOf(nowMs - kept.atMs)} old`,
    };
  }
  throw new PushCliError("api", what, {
    hint: "try again later, or go on without it: --no-preflight, with the values named by --field",
  });
}

function ageOf(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
