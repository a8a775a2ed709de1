/** A user's right to get so many messages of a template. */
export interface SandboxConsent {
  openId: string;
  templateId: string;
  /** 1 unless given. Of a long-term template any number is a standing right. */
  count?: number;
}

/** What users agreed to get, and what is left of it. */
export class Consents {
  /** Accepted so far, long-term ones too. */
  granted = 0;
  /** Messages that took one. */
  used = 0;
  readonly #acceptAny: boolean;
  /** By template, then user. */
  readonly #left = new Map<string, Map<string, number>>();

  constructor(acceptAny: boolean) {
    this.#acceptAny = acceptAny;
  }

  /** N accepts are N messages, at once or over time. */
  grant({ openId, templateId, count = 1 }: SandboxConsent): void {
    const users = this.#usersOf(templateId);
    users.set(openId, (users.get(openId) ?? 0) + count);
    this.granted += count;
  }

  /** All of this template. */
  withdraw(openId: string, templateId: string): void {
    this.#usersOf(templateId).set(openId, 0);
  }

  has(openId: string, templateId: string): boolean {
    return this.#leftOf(openId, templateId) > 0;
  }

  /** Takes one of those that the user has. A standing right stays, and so does that to what nobody registered. */
  spend(openId: string, templateId: string, isStanding: boolean): void {
    const left = this.#leftOf(openId, templateId);
    if (!isStanding && Number.isFinite(left)) this.#usersOf(templateId).set(openId, left - 1);
    this.used += 1;
  }

  /** Of all users and templates. */
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

/** {openId: {templateId: count}} of what is kept by template. */
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
