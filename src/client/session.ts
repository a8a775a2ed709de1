import { callApi, type MiniProgramApi } from "./api.ts";
import type { Store } from "./store.ts";
import { postJson } from "./transport.ts";

/**
 * Returns the session token: the stored one, else one from the team's backend (`give`), else one from a login with the
 * platform's login code. Rejects with what was received instead of a token.
 */
export function openSession(
  api: Partial<MiniProgramApi>,
  url: string,
  store: Store,
  now: () => number,
  give: (() => Promise<string>) | undefined,
): () => Promise<string> {
  return async () => {
    const kept = store.session;
    // In whichever direction the clock was changed: at worst the token is refused, and a new one is fetched.
    if (kept && Math.abs(now() - kept.at) < kept.forMs) return kept.token;
    // The expiry of a token from `give` isn't known: it is used until it is refused, or until the app ends (JSON has no
    // Infinity).
    const answer = give
      ? { data: { token: await give(), expiresInMs: 1 / 0 } }
      : await postJson(api, `${url}/login`, {
          code: (await callApi<{ code: string }>(api, "login", {})).code,
        });
    const { token, expiresInMs } = Object(answer.data);
    if (!token) throw answer;
    store.session = { token, at: now(), forMs: expiresInMs };
    store.save();
    return token;
  };
}
