import type { WireSubscribeMessage } from "../../platforms/wechat/wire.ts";
import { DeliveryCounts } from "../delivery-counts.ts";
import { Quota } from "../quota.ts";
import type { CallbackOptions } from "./callback-options.ts";
import { byUser, Consents } from "./consents.ts";
import { EventQueue } from "./event-queue.ts";
import { choiceItem, receiptItem } from "./events.ts";
import type { SubscribeDetails, SubscribeStats, SubscribeSummary } from "./stats.ts";
import type { Accepted } from "./subscribe-message.ts";
import { type SandboxTemplate, Templates } from "./templates.ts";

const DAY_MS = 86_400_000;

export interface SubscribeSettings {
  acceptAny: boolean;
  accountTemplates: readonly SandboxTemplate[];
  callback: CallbackOptions | undefined;
  /** Maximum messages of a long-term template per user and day. */
  longTermPerDay: number;
  appid: string;
  seed: number;
  now: () => number;
}

/**
 * Templates, consents and receipts of the account: everything about subscribe messages except the body of a
 * send.
 */
export class Subscriptions {
  readonly templates: Templates;
  readonly consents: Consents;
  readonly events: EventQueue;
  readonly #settings: SubscribeSettings;
  readonly #tallies = new Map<string, DeliveryCounts>();
  /** By template and user. */
  readonly #longTermDays = new Map<string, Quota>();
  #last: WireSubscribeMessage | undefined;
  #failed = 0;

  constructor(settings: SubscribeSettings) {
    this.#settings = settings;
    this.templates = new Templates(settings.accountTemplates);
    this.consents = new Consents(settings.acceptAny);
    this.events = new EventQueue(settings);
  }

  /** Whether the user may be sent the message, which spends a consent: 0 or an errcode. */
  spend({ message, template }: Accepted): number {
    return this.#takeRight(message.touser, template.id, template.isStanding);
  }

  /** Delivers it, followed by a receipt. Returns whether it arrives. */
  deliver({ message, template }: Accepted, msgid: string): boolean {
    const fails = this.events.drawFailure();
    if (fails) this.#failed += 1;
    else this.#countDelivery(message, template.id);
    const item = receiptItem(template.id, msgid, fails ? -1 : 0);
    this.events.add(message.touser, "subscribe_msg_sent_event", [item]);
    return !fails;
  }

  /**
   * The user answers the prompt. `isSilent`: "always keep my choice" was ticked before, so there is no event.
   */
  answerPrompt(openId: string, choices: Readonly<Record<string, string>>, isSilent: boolean): void {
    for (const [templateId, status] of Object.entries(choices))
      if (status.startsWith("accept")) this.consents.grant({ openId, templateId });
    if (isSilent) return;
    const items = Object.entries(choices).map(([id, status]) => choiceItem(id, status, true));
    this.events.add(openId, "subscribe_msg_popup_event", items);
  }

  /** The user refuses templates in the settings, and loses all consents to them. */
  withdraw(openId: string, templateIds: readonly string[]): void {
    for (const templateId of templateIds) this.consents.withdraw(openId, templateId);
    const items = templateIds.map((id) => choiceItem(id, "reject", false));
    this.events.add(openId, "subscribe_msg_change_event", items);
  }

  summary(): SubscribeSummary {
    const { consents, events } = this;
    const tallies = [...this.#tallies];
    return {
      delivered: tallies.reduce((sum, [, tally]) => sum + tally.delivered, 0),
      failed: this.#failed,
      byTemplate: Object.fromEntries(tallies.map(([id, tally]) => [id, tally.summary()])),
      consents: { granted: consents.granted, used: consents.used, left: consents.countLeft() },
      events: { ...events.counts },
      lastMessage: this.#lastMessage(),
    };
  }

  stats(): SubscribeStats {
    const tallies = [...this.#tallies].map(([id, tally]) => [id, tally.byUser] as const);
    const details: SubscribeDetails = {
      deliveries: byUser(new Map(tallies)),
      consentsLeft: this.consents.listLeft(),
    };
    return { ...this.summary(), ...details };
  }

  /** openIds that start with `refused_` belong to users who refuse, as at template/send. */
  #takeRight(openId: string, templateId: string, isStanding: boolean): number {
    if (openId.startsWith("refused_") || !this.consents.has(openId, templateId)) return 43101;
    if (isStanding && !this.#takeDay(openId, templateId)) return 40038;
    this.consents.spend(openId, templateId, isStanding);
    return 0;
  }

  /** "The daily limit for long-term message templates is 5 messages" (vendor's table, scope unclear). */
  #takeDay(openId: string, templateId: string): boolean {
    const { longTermPerDay, now } = this.#settings;
    if (longTermPerDay === Number.POSITIVE_INFINITY) return true;
    const key = `${templateId} ${openId}`;
    const day = this.#longTermDays.get(key) ?? new Quota(longTermPerDay, DAY_MS);
    this.#longTermDays.set(key, day);
    return day.take(now());
  }

  #countDelivery(message: WireSubscribeMessage, templateId: string): void {
    const tally = this.#tallies.get(templateId) ?? new DeliveryCounts();
    this.#tallies.set(templateId, tally);
    tally.countDelivery(message.touser);
    this.#last = message;
  }

  /** Field by field: a sender's mistake (a token in the body) is not repeated. */
  #lastMessage(): WireSubscribeMessage | null {
    if (this.#last === undefined) return null;
    const { touser, template_id, page, data, miniprogram_state: state, lang } = this.#last;
    return {
      touser,
      template_id,
      ...(page !== undefined && { page }),
      data,
      ...(state !== undefined && { miniprogram_state: state }),
      ...(lang !== undefined && { lang }),
    };
  }
}
