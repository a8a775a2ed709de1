import { messageOf } from "../errors.ts";
import type { Kit } from "./kit.ts";
import type { CollectorPlatform } from "./ports.ts";
import { LoginFailed } from "./ports.ts";
import { isObject } from "./read-json.ts";
import { badRequest, RequestRefused, unavailable } from "./refusal.ts";
import type { Sessions } from "./session.ts";

const RETRY_AFTER_SEC = 5;

export interface LoginAnswer {
  token: string;
  expiresInMs: number;
}

/**
 * Exchanges a login code for a session token. The user is not known yet, and behind a proxy all requests come from one
 * address: so the limit is the number of logins that wait for the platform at the same time, which no flood of requests can
 * turn into a lock-out of a minute for everyone.
 */
export function makeLogin(
  kit: Kit,
  platform: Pick<CollectorPlatform, "login">,
  sessions: Sessions,
  lifeMs: number,
): (body: unknown) => Promise<LoginAnswer> {
  let waiting = 0;
  const ask = async (code: string) => {
    waiting++;
    try {
      return await platform.login(code);
    } finally {
      waiting--;
    }
  };
  return async (body) => {
    const code = readLoginCode(body);
    if (waiting >= kit.limits.logins) throw busy("too many logins at once", 1);
    const openId = await kit.within(kit.limits.loginMs, ask(code)).catch((error) => {
      throw refuseLogin(kit, error);
    });
    return { token: await sessions.sign(openId), expiresInMs: lifeMs };
  };
}

/** WeChat's have 32 characters. */
function readLoginCode(body: unknown): string {
  if (!isObject(body)) throw badRequest("the body must be a JSON object");
  const { code } = body;
  if (typeof code !== "string" || !/^[\x21-\x7e]{1,512}$/.test(code))
    throw badRequest("code must be the login code of the platform's client");
  return code;
}

function refuseLogin({ journal }: Kit, error: unknown): RequestRefused {
  const problem = error instanceof LoginFailed ? error.code : "busy";
  if (problem === "refused")
    return new RequestRefused(401, "login_refused", "the platform refuses the login code: get another one");
  const level = problem === "busy" ? "warn" : "error";
  journal.write(level, "login", { problem, message: messageOf(error) });
  if (problem === "misconfigured")
    return new RequestRefused(503, "login_misconfigured", "the platform refuses the collector's credentials");
  return busy("the platform does not answer a login now", RETRY_AFTER_SEC);
}

function busy(message: string, retryAfterSec: number): RequestRefused {
  return unavailable("platform_busy", message, retryAfterSec);
}
