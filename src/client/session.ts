import { type ApiResponse, callApi, type MiniProgramApi } from "./api.ts";
import type { Store } from "./store.ts";
import { postJson } from "./transport.ts";

/**
 * Gives the session token: the one that is kept, else one of the team's backend (`give`), else that of a login by the
 * platform's login code. Rejects with what came in place of a token.
 */
export function openSession(
  api: Partial<MiniProgramApi>,
  url: string,
  store: Store,
  now: () => number,
  give: (() => Promise<string>) | undefined,
): () => Promise<string> {
  /** The collector's answer; or that of the team's backend, in the same shape. */
  async function logIn(): Promise<Pick<ApiResponse, "data">> {
    // Its expiry isn't known: it serves until it is refused, or until the app ends (JSON has no Infinity).
    if (give) return { data: { token: await give(), expiresInMs: 1 / 0 } };
    const { code } = await callApi<{ code: string }>(api, "login", {});
    return postJson(api, `${url}/login`, { code });
  }

  return async () => {
    const { session } = store;
    // Below 0: the clock was put back, and nobody knows how old the token is.
    const age = session ? now() - session.at : -1;
    if (session && age >= 0 && age < session.forMs) return session.token;
    const answer = await logIn();
    const { token, expiresInMs } = Object(answer.data);
    if (!token) throw answer;
    store.session = { token, at: now(), forMs: expiresInMs };
    store.save();
    return token;
  };
}
