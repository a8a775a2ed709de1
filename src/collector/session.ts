import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import { isOpenId } from "../pool/open-id.ts";
import { BoundedMap } from "./bounded-map.ts";
import { unauthorized } from "./refusal.ts";

/** Session tokens of clients: JWTs with HS256, whose `sub` is the openId. The team's backend may sign them itself. */
export interface Sessions {
  sign(openId: string): Promise<string>;
  /** The openId of a token. Throws 401 `unauthorized`. */
  verify(token: string): string | Promise<string>;
}

const DAY_SEC = 86_400;
/** Without a limit, a stolen token would be valid forever. */
const MAX_LIFE_SEC = 31 * DAY_SEC;
/** How far the clock of a signing backend may be ahead. */
const AHEAD_SEC = 60;
/** RFC 7518, 3.2: a key of at least the hash's size. */
const MIN_SECRET_BYTES = 32;

/** A client uses one token many times, and verifying it with WebCrypto takes longer than the rest of a request. */
const KEPT_TOKENS = 50_000;
/** One for an openId of 128 characters has 400. */
const LONGEST_TOKEN = 2048;

/** Throws a `config` error for a secret that is too short or a lifetime that is too long. */
export async function openSessions(
  { secret, lifeMs }: { secret: Uint8Array; lifeMs: number },
  clock: Clock,
): Promise<Sessions> {
  checkSession(secret, lifeMs);
  const { SignJWT, jwtVerify } = await import("jose");
  const hmac = { name: "HMAC", hash: "SHA-256" };
  // Imported once: given bytes, each verification would import them again.
  const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]);
  const nowSec = () => Math.floor(clock.now() / 1000);
  const verified = new BoundedMap<{ openId: string; expSec: number }>(KEPT_TOKENS);

  async function verifyNew(token: string): Promise<{ openId: string; expSec: number }> {
    if (token.length > LONGEST_TOKEN) throw unauthorized("the session token is not valid");
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["HS256"],
      requiredClaims: ["sub", "iat", "exp"],
      currentDate: new Date(clock.now()),
    }).catch((error: { code?: string }) => {
      const why = error.code === "ERR_JWT_EXPIRED" ? "has expired" : "is not valid";
      throw unauthorized(`the session token ${why}`);
    });
    const { sub, iat = 0, exp = 0 } = payload;
    if (typeof sub !== "string" || !isOpenId(sub))
      throw unauthorized("the session token's sub is not an openId");
    if (iat > nowSec() + AHEAD_SEC) throw unauthorized("the session token is of the future");
    if (exp - iat > MAX_LIFE_SEC)
      throw unauthorized("the session token lives for more than 31 days after its iat");
    return { openId: sub, expSec: exp };
  }

  return {
    sign: (openId) =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(openId)
        .setIssuedAt(nowSec())
        .setExpirationTime(nowSec() + Math.floor(lifeMs / 1000))
        .sign(key),
    verify: (token) => {
      const kept = verified.get(token);
      if (kept && kept.expSec > nowSec()) return kept.openId;
      return verifyNew(token).then((found) => {
        verified.set(token, found);
        return found.openId;
      });
    },
  };
}

function checkSession(secret: Uint8Array, lifeMs: number): void {
  if (secret.byteLength < MIN_SECRET_BYTES)
    throw new PushCliError(
      "config",
      `the collector's secret has ${secret.byteLength} bytes; it needs at least ${MIN_SECRET_BYTES}`,
    );
  if (lifeMs < 1000 || lifeMs > MAX_LIFE_SEC * 1000)
    throw new PushCliError("config", `sessions must live for 1 s to 31 days, not ${lifeMs} ms`);
}
