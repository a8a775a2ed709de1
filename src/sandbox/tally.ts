import type { WireTemplateMessage } from "../platforms/wechat/wire.ts";
import type { Draft } from "./message.ts";

/** What has happened so far. Counts are updated at each event, so that reading them is cheap at any size. */
export class Tally {
  requests = 0;
  connections = 0;
  delivered = 0;
  maxPerUser = 0;
  duplicates = 0;
  readonly deliveriesByUser = new Map<string, number>();
  readonly byErrcode = new Map<number | string, number>();
  readonly faults = new Map<string, number>();
  #last: Draft | undefined;

  countTemplateMessage(openId: string, draft: Draft): void {
    this.countDelivery(openId);
    this.#last = draft;
  }

  /** For any kind of message. */
  countDelivery(openId: string): void {
    const times = (this.deliveriesByUser.get(openId) ?? 0) + 1;
    this.deliveriesByUser.set(openId, times);
    this.delivered += 1;
    if (times === 2) this.duplicates += 1;
    if (times > this.maxPerUser) this.maxPerUser = times;
  }

  countErrcode(errcode: number | string): void {
    increment(this.byErrcode, errcode);
  }

  countFault(kind: string): void {
    increment(this.faults, kind);
  }

  /** Field by field: a sender's mistake (a token in the body) is not repeated. */
  get lastMessage(): WireTemplateMessage | null {
    const last = this.#last;
    if (last === undefined) return null;
    const { touser = "", template_id = "", form_id = "", page, data, emphasis_keyword } = last;
    return {
      touser,
      template_id,
      form_id,
      ...(page !== undefined && { page }),
      data,
      ...(emphasis_keyword !== undefined && { emphasis_keyword }),
    };
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
