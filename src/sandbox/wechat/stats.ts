import type { WireSubscribeMessage } from "../../platforms/wechat/wire.ts";
import type { DeliverySummary } from "../delivery-counts.ts";

/** Statistics of subscribe messages; the size does not grow with the audience. */
export interface SubscribeSummary {
  /** Messages that reached a user, whatever the sender was told. */
  delivered: number;
  /** Messages that were accepted and failed later, as their receipts say. */
  failed: number;
  byTemplate: Record<string, DeliverySummary>;
  /** Given, spent by a message, and left over all users; a long-term one is left until it is withdrawn. */
  consents: { granted: number; used: number; left: number };
  /**
   * `made`: events; `posted`: bodies sent to the callback, including repeats and unrelated ones, `answered` or `givenUp`
   * (after three tries); `waiting` for their time.
   */
  events: { made: number; posted: number; answered: number; givenUp: number; waiting: number };
  lastMessage: WireSubscribeMessage | null;
}

/** By openId, then template. */
export interface SubscribeDetails {
  deliveries: Record<string, Record<string, number>>;
  consentsLeft: Record<string, Record<string, number>>;
}

export type SubscribeStats = SubscribeSummary & SubscribeDetails;
