import type { WireTemplateMessage } from "../platforms/wechat/wire.ts";
import { DeliveryCounts } from "./delivery-counts.ts";
import type { Draft } from "./message.ts";

/** What has happened so far, of all kinds of messages. */
export class Tally extends DeliveryCounts {
  requests = 0;
  connections = 0;
  readonly byErrcode = new Map<number | string, number>();
  readonly faults = new Map<string, number>();
  #last: Draft | undefined;

  countTemplateMessage(openId: string, draft: Draft): void {
    this.countDelivery(openId);
    this.#last = draft;
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
