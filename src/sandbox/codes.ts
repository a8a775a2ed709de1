import type { SandboxCode } from "./options.ts";

export interface IssuedCode {
  openId: string;
  expire: number;
  uses: number;
  used: number;
  /** As registered; undefined for a form's, and for an unregistered one. */
  scene?: number | undefined;
}

/** The push codes that the platform issued, and their remaining uses. */
export class Codes {
  registered = 0;
  /** Codes used at least once. */
  used = 0;
  readonly #acceptAny: boolean;
  readonly #now: () => number;
  readonly #byFormId = new Map<string, IssuedCode>();

  constructor(acceptAny: boolean, now: () => number) {
    this.#acceptAny = acceptAny;
    this.#now = now;
  }

  /**
   * Registering a code again changes its owner and expiry, but never how often it was used: a spent code stays spent.
   */
  register(codes: readonly SandboxCode[]): void {
    for (const { openId, formId, expire, uses = 1, scene } of codes) {
      const known = this.#byFormId.get(formId);
      if (known === undefined) this.registered += 1;
      this.#byFormId.set(formId, { openId, expire, uses, used: known?.used ?? 0, scene });
    }
  }

  /** Uses the code for one message: 0, or the errcode when it can't be used. */
  spend(formId: string | undefined, openId: string): number {
    const code = formId ? this.find(formId, openId) : undefined;
    if (code === undefined || code.openId !== openId || code.expire <= this.#now()) return 41028;
    if (code.used >= code.uses) return 41029;
    this.use(code);
    return 0;
  }

  /** The code with that name; if any code is accepted, an unregistered one belongs to this user. */
  find(formId: string, openId: string): IssuedCode | undefined {
    return this.#byFormId.get(formId) ?? this.#accept(formId, openId);
  }

  /** Counts one more message. */
  use(code: IssuedCode): void {
    if (code.used === 0) this.used += 1;
    code.used += 1;
  }

  #accept(formId: string, openId: string): IssuedCode | undefined {
    if (!this.#acceptAny || !isWellFormedId(formId) || formId.startsWith("requestFormId:fail"))
      return undefined;
    const code = { openId, expire: Number.POSITIVE_INFINITY, uses: isPrepayId(formId) ? 3 : 1, used: 0 };
    this.#byFormId.set(formId, code);
    return code;
  }
}

/**
 * Printable ASCII without spaces, 1 to 128 characters. The sentences that WeChat's developer tools return instead of a
 * formId ("the formId is a mock one") fail because of their spaces. A loop, because it runs up to three times per
 * message.
 */
export function isWellFormedId(id: string): boolean {
  if (id.length === 0 || id.length > 128) return false;
  for (let i = 0; i < id.length; i += 1) {
    const char = id.charCodeAt(i);
    if (char <= 32 || char >= 127) return false;
  }
  return true;
}

/** A payment's code looks like wx201410272009395522: good for three messages. */
function isPrepayId(formId: string): boolean {
  return /^wx\d{8}/.test(formId);
}
