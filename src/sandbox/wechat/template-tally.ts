/** The messages of one template that reached users. */
export class TemplateTally {
  delivered = 0;
  maxPerUser = 0;
  duplicates = 0;
  readonly byUser = new Map<string, number>();

  count(openId: string): void {
    const times = (this.byUser.get(openId) ?? 0) + 1;
    this.byUser.set(openId, times);
    this.delivered += 1;
    if (times === 2) this.duplicates += 1;
    if (times > this.maxPerUser) this.maxPerUser = times;
  }

  summary(): TemplateStats {
    const { delivered, maxPerUser, duplicates } = this;
    return { delivered, users: this.byUser.size, maxPerUser, duplicates };
  }
}

export interface TemplateStats {
  delivered: number;
  users: number;
  maxPerUser: number;
  /** Users who got more than one message of this template. */
  duplicates: number;
}
