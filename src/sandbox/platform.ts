import { AlipayGateway } from "./alipay/gateway.ts";
import { AlipayKeyRing } from "./alipay/keys.ts";
import type { Parameters } from "./alipay/request.ts";
import { nextMsgid } from "./answers.ts";
import type { Form } from "./baidu/form.ts";
import { BaiduService } from "./baidu/service.ts";
import { Codes } from "./codes.ts";
import { FaultDice } from "./fault-dice.ts";
import { Inbox } from "./inbox.ts";
import { parseJson } from "./json.ts";
import { checkDraft, parseDraft } from "./message.ts";
import type { SandboxSettings, SandboxStats, SandboxSummary } from "./options.ts";
import { OutageWatch } from "./outage.ts";
import { checkQqMessage } from "./qq/message.ts";
import { QqSubscriptions } from "./qq/subscriptions.ts";
import { Tally } from "./tally.ts";
import { Tokens } from "./tokens.ts";
import type { Verdict } from "./verdict.ts";
import { DayQuotas } from "./wechat/day-quotas.ts";
import { Logins } from "./wechat/logins.ts";
import { OfficialAccount } from "./wechat/official-account.ts";
import { checkSubscribeMessage } from "./wechat/subscribe-message.ts";
import { Subscriptions } from "./wechat/subscriptions.ts";

export type { Verdict };

export interface TokenClaim {
  grantType: unknown;
  appid: unknown;
  secret: unknown;
}

/** The state behind the API: one account with its tokens, codes and quota. It is independent of HTTP. */
export class Platform {
  readonly settings: SandboxSettings;
  readonly dice: FaultDice;
  readonly outage: OutageWatch;
  readonly alipayKeys: AlipayKeyRing;
  readonly #templates: ReadonlySet<string>;
  readonly #inFlight = new Set<string>();
  tokens!: Tokens;
  codes!: Codes;
  tally!: Tally;
  inbox!: Inbox;
  quotas!: DayQuotas;
  subscriptions!: Subscriptions;
  logins!: Logins;
  baidu!: BaiduService;
  officialAccount!: OfficialAccount;
  qq!: QqSubscriptions;
  alipay!: AlipayGateway;

  constructor(settings: SandboxSettings) {
    this.settings = settings;
    this.#templates = new Set(settings.templates);
    this.dice = new FaultDice(settings.seed, settings.faults);
    this.outage = new OutageWatch(settings.now);
    this.alipayKeys = new AlipayKeyRing(settings.alipay);
    this.reset();
  }

  /** Resets everything to the initial state, including the faults and their draws. */
  reset(): void {
    const { settings } = this;
    this.tokens = new Tokens(settings);
    this.codes = new Codes(settings.acceptAny, settings.now);
    this.tally = new Tally();
    this.inbox = new Inbox(settings.now);
    this.dice.setFaults(settings.faults);
    this.outage.set(settings.outage);
    this.#inFlight.clear();
    this.quotas = new DayQuotas(settings.dayLimits, settings.now);
    this.subscriptions?.events.close();
    this.subscriptions = new Subscriptions(settings);
    this.logins = new Logins(settings.acceptAny, settings.now);
    const { codes, tokens, subscriptions, alipayKeys: keys } = this;
    this.baidu = new BaiduService({ ...settings, known: this.#templates, codes, tokens });
    this.officialAccount = new OfficialAccount(settings, subscriptions.events);
    this.qq = new QqSubscriptions(settings.acceptAny, settings.now);
    const { appid, now } = settings;
    const { consents } = subscriptions;
    this.alipay = new AlipayGateway({ appid, keys, templates: this.#templates, codes, consents, now });
  }

  /** Whether the account may have a token: 0 or an errcode. */
  authenticate({ grantType, appid, secret }: TokenClaim): number {
    if (grantType !== "client_credential") return 40002;
    if (typeof appid !== "string" || appid === "") return 41002;
    if (typeof secret !== "string" || secret === "") return 41004;
    if (appid !== this.settings.appid) return 40013;
    return secret === this.settings.secret ? 0 : 40001;
  }

  /** Judges a template message and delivers it if there is no reason to refuse it. */
  send(token: string | undefined, body: string): Verdict {
    const refused = this.tokens.check(token) || this.quotas.take("templateSend");
    if (refused !== 0) return { errcode: refused };
    const draft = parseDraft(body);
    if (typeof draft === "number") return { errcode: draft };
    const openId = draft.touser ?? "";
    const fault = checkDraft(draft, this.#templates);
    if (fault !== 0) return { errcode: fault };
    if (this.#inFlight.has(openId)) return { errcode: 43108 };
    const errcode = this.codes.spend(draft.form_id, openId);
    if (errcode === 0) {
      this.tally.countTemplateMessage(openId, draft);
      this.inbox.add(openId, () => draft);
    }
    return { errcode, holds: this.settings.oneCallPerUser === true ? this.#hold(openId) : undefined };
  }

  /** The same for a subscribe message. */
  sendSubscribe(token: string | undefined, body: string): Verdict {
    const refused = this.tokens.check(token) || this.quotas.take("subscribeSend");
    if (refused !== 0) return { errcode: refused };
    const checked = checkSubscribeMessage(body, this.subscriptions.templates);
    if ("errcode" in checked) return checked;
    const openId = checked.message.touser;
    if (this.#inFlight.has(openId)) return { errcode: 43108 };
    const errcode = this.subscriptions.spend(checked);
    const msgid = errcode === 0 ? nextMsgid() : undefined;
    if (msgid !== undefined && this.subscriptions.deliver(checked, msgid))
      this.#deliver(openId, () => checked.message);
    return { errcode, msgid, holds: this.settings.oneCallPerUser === false ? undefined : this.#hold(openId) };
  }

  /** A Baidu message, with a code or a subscription. */
  sendBaidu(kind: "code" | "subscription", token: string | undefined, form: Form): Verdict {
    const { errcode, openId } = this.baidu.send(kind, token, form);
    if (openId === undefined) return { errcode };
    this.#deliver(openId, () => Object.fromEntries(form));
    return { errcode, msgid: nextMsgid() };
  }

  /** The same for an official account's template message. */
  sendMp(token: string | undefined, body: string): Verdict {
    const refused = this.tokens.check(token) || this.quotas.take("templateSend");
    if (refused !== 0) return { errcode: refused };
    const { verdict, openId, arrives } = this.officialAccount.send(body);
    if (arrives) this.#deliver(openId, () => parseJson(body));
    return verdict;
  }

  /** The same for a subscription message of QQ. */
  sendQqSubscription(token: string | undefined, body: string): Verdict {
    const refused = this.tokens.check(token) || this.quotas.take("subscribeSend");
    if (refused !== 0) return { errcode: refused };
    const checked = checkQqMessage(body);
    if (typeof checked === "number") return { errcode: checked };
    const errcode = this.qq.spend(checked.openId, checked.templateId);
    if (errcode === 0) this.#deliver(checked.openId, () => parseJson(body));
    return { errcode };
  }

  /** An Alipay message, of either kind. */
  sendAlipay(parameters: Parameters): Verdict {
    const { word, told: errmsg, isGatewayError, openId } = this.alipay.send(parameters);
    if (openId !== undefined) this.#deliver(openId, () => parseJson(parameters.get("biz_content") ?? ""));
    return { errcode: word === "10000" ? 0 : word, errmsg, isGatewayError };
  }

  /** To be called when the answer was sent. */
  release(verdict: Verdict): void {
    if (verdict.holds !== undefined) this.#inFlight.delete(verdict.holds);
  }

  stats(): SandboxStats {
    return {
      ...this.summary(),
      deliveriesByUser: Object.fromEntries(this.tally.byUser),
      subscribe: this.subscriptions.stats(),
    };
  }

  /** The stats whose size does not grow with the audience. */
  summary(): SandboxSummary {
    const { tally, codes, tokens } = this;
    return {
      delivered: tally.delivered,
      maxPerUser: tally.maxPerUser,
      duplicates: tally.duplicates,
      codesUsed: codes.used,
      codesRegistered: codes.registered,
      tokensIssued: { ...tokens.issued },
      tokenCalls: { ...tokens.calls },
      requests: tally.requests,
      connections: tally.connections,
      byErrcode: Object.fromEntries(tally.byErrcode),
      faults: Object.fromEntries(tally.faults),
      lastMessage: tally.lastMessage,
      subscribe: this.subscriptions.summary(),
    };
  }

  #deliver(openId: string, body: () => unknown): void {
    this.tally.countDelivery(openId);
    this.inbox.add(openId, body);
  }

  #hold(openId: string): string {
    this.#inFlight.add(openId);
    return openId;
  }
}
