import type { KeyObject } from "node:crypto";
import { usageError } from "../errors.ts";
import type { WireTemplateMessage } from "../platforms/wechat/wire.ts";
import type { Fault } from "./faults.ts";
import type { Outage } from "./outage.ts";
import { type CallbackOptions, resolveCallback } from "./wechat/callback-options.ts";
import { DAY_LIMITS, type DayLimits } from "./wechat/day-quotas.ts";
import { DEFAULT_TEMPLATES } from "./wechat/default-templates.ts";
import type { SubscribeStats, SubscribeSummary } from "./wechat/stats.ts";
import type { SandboxTemplate } from "./wechat/templates.ts";

export interface SandboxOptions {
  /** 0, the default: any free port. */
  port?: number;
  /** A loopback address; 127.0.0.1 unless given. */
  host?: string;
  appid?: string;
  secret?: string;
  /** The template ids that template/send knows. Without it, any well-formed id that does not contain "unknown". */
  templates?: string[];
  /** The account's templates for subscribe messages; a set of six unless given. */
  accountTemplates?: readonly SandboxTemplate[];
  /**
   * Takes a well-formed formId that nobody registered: it belongs to the first user it is sent with. A user and template
   * whose consents nobody registered may be sent any number of messages.
   */
  acceptAny?: boolean;
  /**
   * Answers 43108 while another send to the same openId waits for its answer (latencyMs, or the fault `slow`). Unless
   * given, subscribe/send does and template/send does not.
   */
  oneCallPerUser?: boolean | undefined;
  /** Where events of subscribe messages are posted: receipts, choices in the prompt, withdrawals. */
  callback?: CallbackOptions | undefined;
  /** Calls a day, as quota/get tells them. */
  dayLimits?: Partial<DayLimits>;
  /** Messages of one long-term template that a user gets in a day, then 40038; any number unless given. */
  longTermPerDay?: number;
  /** Keys at Alipay's gateway; made by itself unless given. */
  alipay?: AlipaySandboxKeys | undefined;
  faults?: Fault[];
  /** A time during which the API is down. */
  outage?: Outage | undefined;
  /** Of the fault draws; 1 unless given, so that runs replay by default. */
  seed?: number;
  /** Delay of every answer of the API. */
  latencyMs?: number;
  /** Delay of an answer that meets the fault `slow`. */
  slowMs?: number;
  tokenTtlSec?: number;
  /** Epoch ms. */
  now?: () => number;
}

type Optional = "outage" | "oneCallPerUser" | "callback" | "alipay";
export type SandboxSettings = Required<Omit<SandboxOptions, Optional | "dayLimits">> & {
  [Name in Optional]: SandboxOptions[Name];
} & { dayLimits: DayLimits };

/** What Alipay has of an application, and signs with itself. */
export interface AlipaySandboxKeys {
  appPublicKey?: KeyObject;
  alipayPrivateKey?: KeyObject;
  /** Certificate mode: what requests have to name, and answers do. */
  certificates?: { appSn: string; rootSn: string; alipaySn: string };
}

/** A push code that the platform would have issued. */
export interface SandboxCode {
  openId: string;
  formId: string;
  /** Epoch ms. */
  expire: number;
  /** How many messages it is good for; 1 unless given. */
  uses?: number;
  /** Baidu's kind of event: 1 form, unless given, 2 cashier, 3 direct order. */
  scene?: number;
}

export interface SandboxStats {
  /** Messages that reached a user, whatever the sender was told. */
  delivered: number;
  deliveriesByUser: Record<string, number>;
  maxPerUser: number;
  /** Users who got more than one message. */
  duplicates: number;
  /** Codes used at least once. */
  codesUsed: number;
  codesRegistered: number;
  /** Tokens made, which for the stable kind is fewer than the calls. */
  tokensIssued: { basic: number; stable: number };
  tokenCalls: { basic: number; stable: number };
  /** Requests to the API; those to /sandbox/ are not counted. */
  requests: number;
  /** TCP connections accepted. */
  connections: number;
  /** Answers of the API that carry an errcode, 0 for a send that went well. What a fault garbled or cut is not in it. */
  byErrcode: Record<string, number>;
  faults: Record<string, number>;
  /** The last delivered template message. */
  lastMessage: WireTemplateMessage | null;
  /** Subscribe messages; they are in the counts above, too. */
  subscribe: SubscribeStats;
}

/** The stats whose size does not grow with the audience. */
export type SandboxSummary = Omit<SandboxStats, "deliveriesByUser" | "subscribe"> & {
  subscribe: SubscribeSummary;
};

/** Fills in the defaults. Throws a usage error on a port that can't be, or an address that others can reach. */
export function resolveSettings(options: SandboxOptions): SandboxSettings {
  const settings: SandboxSettings = {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
    appid: options.appid ?? "wx-sandbox",
    secret: options.secret ?? "sandbox-secret",
    templates: options.templates ?? [],
    acceptAny: options.acceptAny ?? false,
    accountTemplates: options.accountTemplates ?? DEFAULT_TEMPLATES,
    oneCallPerUser: options.oneCallPerUser,
    callback: options.callback,
    alipay: options.alipay,
    dayLimits: { ...DAY_LIMITS, ...options.dayLimits },
    longTermPerDay: options.longTermPerDay ?? Number.POSITIVE_INFINITY,
    faults: options.faults ?? [],
    outage: options.outage,
    seed: options.seed ?? 1,
    latencyMs: options.latencyMs ?? 0,
    slowMs: options.slowMs ?? 15_000,
    tokenTtlSec: options.tokenTtlSec ?? 7200,
    now: options.now ?? Date.now,
  };
  requirePort(settings.port);
  requireLoopback(settings.host);
  if (settings.callback) resolveCallback(settings.callback);
  return settings;
}

function requirePort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw usageError(`"${port}" is not a port`, "give a number from 0 (any free port) to 65535");
}

/** It hands out tokens for a secret that is printed in the documentation: not a server for a network. */
function requireLoopback(host: string): void {
  if (host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw usageError(`the sandbox can't listen on "${host}"`, "give a loopback address, such as 127.0.0.1");
}
