import { createHash, randomBytes } from "node:crypto";

/** "Valid five minutes, and only once" (vendor's page on wx.login). */
const LIFE_MS = 5 * 60_000;

export interface WireSession {
  openid: string;
  session_key: string;
}

/** The codes that wx.login returns to a mini program, with which its backend learns the openId. */
export class Logins {
  readonly #acceptAny: boolean;
  readonly #now: () => number;
  readonly #codes = new Map<string, { openId: string; untilMs: number; isUsed: boolean }>();

  constructor(acceptAny: boolean, now: () => number) {
    this.#acceptAny = acceptAny;
    this.#now = now;
  }

  /** The user opens the mini program: a new code. */
  issue(openId: string): string {
    const code = `0${randomBytes(12).toString("hex")}Ga10000`;
    this.#codes.set(code, { openId, untilMs: this.#now() + LIFE_MS, isUsed: false });
    return code;
  }

  /** The session, or 40029 (unknown or too old) or 40163 (used). */
  exchange(code: string): WireSession | number {
    const login = this.#codes.get(code) ?? this.#accept(code);
    if (login === undefined || login.untilMs <= this.#now()) return 40029;
    if (login.isUsed) return 40163;
    login.isUsed = true;
    return { openid: login.openId, session_key: randomBytes(16).toString("base64") };
  }

  /** An unknown code belongs to a user of its own, the same one in every run. */
  #accept(code: string) {
    if (!this.#acceptAny) return undefined;
    const openId = `o${createHash("sha256").update(code).digest("base64url").slice(0, 27)}`;
    const login = { openId, untilMs: this.#now() + LIFE_MS, isUsed: false };
    this.#codes.set(code, login);
    return login;
  }
}
