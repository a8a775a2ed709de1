/** A user's consent to a number of messages of a template. */
export interface SandboxConsent {
  openId: string;
  templateId: string;
  /** Defaults to 1. For a long-term template, any number is a standing consent. */
  count?: number;
}

/** The consents that users gave, and those that are left. */
export class Consents {
  /** Given so far, including long-term ones. */
  granted = 0;
  /** Messages that spent one. */
  used = 0;
  readonly #acceptAny: boolean;
  /** By template, then user. */
  readonly #left = new Map<string, Map<string, number>>();

  constructor(acceptAny: boolean) {
    this.#acceptAny = acceptAny;
  }

  /** N accepts allow N messages, whether given together or over time. */
  grant({ openId, templateId, count = 1 }: SandboxConsent): void {
    const users = this.#usersOf(templateId);
    users.set(openId, (users.get(openId) ?? 0) + count);
    this.granted += count;
  }

  /** Removes all for this template. */
  withdraw(openId: string, templateId: string): void {
    this.#usersOf(templateId).set(openId, 0);
  }

  has(openId: string, templateId: string): boolean {
    return this.#leftOf(openId, templateId) > 0;
  }

  /**
   * Spends one of the user's consents. A standing one is kept, and so is the permission for a user and template
   * without registered consents.
   */
  spend(openId: string, templateId: string, isStanding: boolean): void {
    const left = this.#leftOf(openId, templateId);
    if (!isStanding && Number.isFinite(left)) this.#usersOf(templateId).set(openId, left - 1);
    this.used += 1;
  }

  /** For all users and templates. */
  countLeft(): number {
    let count = 0;
    for (const users of this.#left.values()) for (const left of users.values()) count += left;
    return count;
  }

  listLeft(): Record<string, Record<string, number>> {
    return byUser(this.#left);
  }

  #leftOf(openId: string, templateId: string): number {
    return this.#usersOf(templateId).get(openId) ?? (this.#acceptAny ? Number.POSITIVE_INFINITY : 0);
  }

  #usersOf(templateId: string): Map<string, number> {
    let users = this.#left.get(templateId);
    if (users === undefined) {
      users = new Map();
      this.#left.set(templateId, users);
    }
    return users;
  }
}

/** {openId: {templateId: count}} from a map by template. */
export function byUser(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Record<string, Record<string, number>> {
  const users = new Map<string, Record<string, number>>();
  for (const [templateId, ofTemplate] of counts) {
    for (const [openId, count] of ofTemplate) {
      const user = users.get(openId) ?? {};
      user[templateId] = count;
      users.set(openId, user);
    }
  }
  return Object.fromEntries(users);
}
