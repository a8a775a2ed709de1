import type { Clock } from "../../clock.ts";
import type { IssuedToken } from "../../token/ports.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { Http } from "../http/http.ts";
import type { HttpRequest } from "../http/lanes.ts";
import type { TokenVerdict } from "./token-answer.ts";

const TRIES = 3;
/** Retries start at most this long after the first attempt: others are waiting for the token too. */
const TRY_WITHIN_MS = 12_000;
const BACKOFF_MS = 200;

/** Asks a token endpoint, up to three times while it fails for a passing reason. Rejects with the verdict's error. */
export async function askForToken(
  http: Http,
  request: HttpRequest,
  clock: Clock,
  judge: (reply: HttpReply) => TokenVerdict,
): Promise<IssuedToken> {
  const tryUntilMs = clock.monotonic() + TRY_WITHIN_MS;
  for (let attempt = 1; ; attempt++) {
    const verdict = judge(await http.request(request));
    if (verdict.kind === "issued") return verdict.token;
    const isLast = attempt === TRIES || clock.monotonic() > tryUntilMs;
    if (verdict.kind === "refused" || isLast) throw verdict.error;
    await clock.sleep(BACKOFF_MS * 2 ** (attempt - 1) * (1 + clock.random()));
  }
}
