import type { TokenCheck } from "../broadcast/channel.ts";
import { formatCount, formatDuration } from "../output/format.ts";
import { type Finding, failed, passed, skipped, warning } from "./check.ts";
import type { Account, Examination } from "./examination.ts";
import type { Outcome } from "./outcome.ts";
import type { ApiProbe } from "./ports.ts";

const API_GONE = "the API can't be used: see the api checks";

/** Asks the platform by the credentials and the stored token; nothing that comes back is kept. */
export async function askAccount(examination: Examination): Promise<Account> {
  const { ask, redis, api, settings } = examination;
  const [opened, probe] = await Promise.all([redis(), api()]);
  const stored =
    "value" in opened && settings.appid !== undefined
      ? await ask(async () => ({ key: opened.value.tokenKey, token: await opened.value.storedToken() }))
      : undefined;
  const issued = "problem" in probe ? { why: API_GONE } : await issue(examination, probe.value);
  const kept = stored && "value" in stored ? stored.value.token?.token : undefined;
  const token = kept ?? ("value" in issued ? issued.value : undefined);
  const check = "value" in probe ? probe.value.checkToken : undefined;
  const checked =
    token === undefined
      ? { why: "no token to check" }
      : check === undefined
        ? { why: "the platform has no free call to check it with" }
        : await ask(() => check(token));
  return { stored, issued, token, checked };
}

async function issue({ ask, settings }: Examination, api: ApiProbe): Promise<Account["issued"]> {
  if (settings.appid === undefined || settings[settings.credential] === undefined) {
    return { why: `appid or ${settings.credential} is not set` };
  }
  const { issueToken } = api;
  if (issueToken === undefined) {
    return { why: `requests of ${api.facts.name} are signed: no access token is used` };
  }
  if (api.tokenMode === "basic") {
    return { why: "not checked: in basic mode, fetching a token replaces the current one" };
  }
  return ask(async () => (await issueToken()).token);
}

/** Whether the credentials are accepted, and the token that all share is good. */
export async function examineToken({ account, settings, clock }: Examination): Promise<Finding[]> {
  const { stored, issued, token, checked } = await account();
  return [
    judgeIssued(issued, settings.appid),
    judgeStored(stored, settings.appid, clock.now()),
    token === undefined ? skipped("accepted", "no token to check") : judgeChecked(checked),
  ];
}

function judgeIssued(issued: Account["issued"], appid = ""): Finding {
  if ("why" in issued) return skipped("credentials", issued.why);
  const { ms } = issued;
  if ("problem" in issued) return failed("credentials", issued.problem, { remedy: issued.hint, ms });
  return passed("credentials", `the API accepts ${appid} and its appsecret from this host`, { ms });
}

function judgeStored(stored: Account["stored"], appid: string | undefined, nowMs: number): Finding {
  if (!stored) return skipped("stored", appid === undefined ? "no appid is set" : "Redis can't be reached");
  const { ms } = stored;
  if ("problem" in stored) return failed("stored", stored.problem, { remedy: stored.hint, ms });
  const { key, token } = stored.value;
  if (!token) return passed("stored", `none under ${key}: fetched when first needed`, { ms });
  const leftMs = token.expiresAtMs - nowMs;
  if (leftMs > 0) return passed("stored", `under ${key}, renewed in ${formatDuration(leftMs)}`, { ms });
  return warning(
    "stored",
    `the token under ${key} has no TTL or has expired: a new one is fetched each time`,
    {
      remedy: "set a TTL in the program that writes it, or run push-cli token refresh",
      ms,
    },
  );
}

function judgeChecked(checked: Outcome<TokenCheck> | { why: string }): Finding {
  if ("why" in checked) return skipped("accepted", checked.why);
  const { ms } = checked;
  if ("problem" in checked) return failed("accepted", checked.problem, { remedy: checked.hint, ms });
  const { value } = checked;
  if (value.state === "untold") return skipped("accepted", value.why, { ms });
  if (value.state === "accepted") return passed("accepted", "the API accepts the token", { ms });
  const { why, hint, isTokenItself } = value;
  if (!isTokenItself) return failed("accepted", why, { remedy: hint, ms });
  return warning("accepted", `the API refuses the stored token: ${why}`, {
    remedy: "push-cli token refresh --force, unless a backend renews it",
    ms,
  });
}

const LITTLE = 0.1;

/** How many messages may still be sent today, where the platform tells. */
export async function examineQuota({ account }: Examination): Promise<Finding[]> {
  const { checked } = await account();
  if ("why" in checked) return [skipped("messages", checked.why)];
  const { ms } = checked;
  const quota = "value" in checked && checked.value.state === "accepted" ? checked.value.quota : undefined;
  if ("problem" in checked) return [skipped("messages", "the API can't be asked", { ms })];
  if (!quota) return [skipped("messages", "not reported by the platform", { ms })];
  const { left, limit } = quota;
  const found = `${formatCount(left)}${limit === undefined ? "" : ` of ${formatCount(limit)}`} messages left today`;
  if (left === 0) {
    return [failed("messages", found, { remedy: "wait until the platform's next day (Beijing time)", ms })];
  }
  const isLittle = limit !== undefined && left < LITTLE * limit;
  const remedy =
    "a larger broadcast stops when the quota is used up; resume it tomorrow with push-cli broadcast resume";
  return [isLittle ? warning("messages", found, { remedy, ms }) : passed("messages", found, { ms })];
}

/** Whether the account's templates can be listed, and which kinds there are. */
export async function examineTemplates({ account, api, ask, settings }: Examination): Promise<Finding[]> {
  const probe = await api();
  if ("problem" in probe) return [skipped("list", API_GONE)];
  const { templates } = probe.value;
  if (!templates) return [skipped("list", `${settings.channel} has no API to list templates`)];
  const { token } = await account();
  if (token === undefined) return [skipped("list", "no token available")];
  const listed = await ask(() => templates(token));
  const { ms } = listed;
  if ("problem" in listed) return [failed("list", listed.problem, { remedy: listed.hint, ms })];
  const { templates: all, doubt } = listed.value;
  if (all.length === 0) {
    const remedy = "add one in the mini program's console, under subscribe messages";
    return [warning("list", "the account has no templates", { remedy, ms })];
  }
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => `${all.filter((one) => one.kind === kind).length} ${kind}`).join(", ");
  const found = `${all.length} templates: ${counts}`;
  if (doubt === undefined) return [passed("list", found, { ms })];
  return [
    warning("list", doubt, {
      remedy: "try again later; the platform limits how often templates can be listed",
      ms,
    }),
  ];
}
