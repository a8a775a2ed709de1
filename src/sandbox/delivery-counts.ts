/** Messages that reached users. Counts are updated at each one, so that reading them is cheap at any size. */
export class DeliveryCounts {
  delivered = 0;
  maxPerUser = 0;
  duplicates = 0;
  readonly byUser = new Map<string, number>();

  countDelivery(openId: string): void {
    const times = (this.byUser.get(openId) ?? 0) + 1;
    this.byUser.set(openId, times);
    this.delivered += 1;
    if (times === 2) this.duplicates += 1;
    if (times > this.maxPerUser) this.maxPerUser = times;
  }

  summary(): DeliverySummary {
    const { delivered, maxPerUser, duplicates } = this;
    return { delivered, users: this.byUser.size, maxPerUser, duplicates };
  }
}

export interface DeliverySummary {
  delivered: number;
  users: number;
  maxPerUser: number;
  /** Users who got more than one message. */
  duplicates: number;
}
