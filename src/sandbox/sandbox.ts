import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, PushCliError } from "../errors.ts";
import type { HandedOutKeys } from "./alipay/keys.ts";
import type { Fault } from "./faults.ts";
import {
  resolveSettings,
  type SandboxCode,
  type SandboxOptions,
  type SandboxSettings,
  type SandboxStats,
} from "./options.ts";
import type { Outage } from "./outage.ts";
import { Platform } from "./platform.ts";
import { handleRequest } from "./routes.ts";
import { closeServer, createHttpServer } from "./server.ts";
import type { CallbackOptions } from "./wechat/callback-options.ts";
import type { SandboxConsent } from "./wechat/consents.ts";
import type { DayLimits } from "./wechat/day-quotas.ts";
import type { SandboxTemplate } from "./wechat/templates.ts";

export { ERRCODE_FAULT, FAULT_KINDS, type Fault, type FaultKind, parseFault } from "./faults.ts";
export type { SandboxCode, SandboxOptions, SandboxStats } from "./options.ts";
export { OUTAGE_KINDS, type Outage, parseOutage } from "./outage.ts";
export type { CallbackOptions } from "./wechat/callback-options.ts";
export type { SandboxConsent } from "./wechat/consents.ts";
export { parseTemplates, type SandboxTemplate } from "./wechat/templates.ts";

/** A simulator of the platforms' APIs, listening on a loopback address. */
export interface Sandbox {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  registerCodes(codes: readonly SandboxCode[]): void;
  /**
   * Consents add up: each is one message of the template to the user. For a long-term template, it is a standing
   * consent.
   */
  registerConsents(consents: readonly SandboxConsent[]): void;
  /** The user refuses templates in the settings. */
  withdrawConsents(openId: string, templateIds: readonly string[]): void;
  /** Replaces the account's templates for subscribe messages. */
  setTemplates(templates: readonly SandboxTemplate[]): void;
  /** Replaces the limits of calls per day. */
  setDayLimits(limits: Partial<DayLimits>): void;
  /** Replaces where events are posted; undefined: nowhere. */
  setCallback(callback: CallbackOptions | undefined): void;
  /** The application's private key and Alipay's public key, one line of base64 each. */
  alipayKeys(): HandedOutKeys;
  stats(): SandboxStats;
  /** Replaces the faults and restarts their draws. */
  setFaults(faults: readonly Fault[]): void;
  /** Starts an outage, counted from now; undefined ends it. */
  setOutage(outage: Outage | undefined): void;
  /** From now on, every existing token is answered with 42001; new ones can be fetched. */
  expireTokens(): void;
  /**
   * Resets everything to the initial state: no tokens, codes, consents or counts; faults, templates and callback as in
   * the options.
   */
  reset(): void;
  /** Closes open connections and resolves when the port is free. */
  close(): Promise<void>;
}

const REOPEN_EACH_MS = 200;

/** Starts a sandbox. Rejects with a usage error when the port is taken or the address is not a loopback one. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = resolveSettings(options);
  const platform = new Platform(settings);
  const server = createHttpServer((request, reply) => handleRequest(platform, request, reply));
  server.on("connection", () => {
    platform.tally.connections += 1;
  });
  await listen(server, settings);
  const { port } = server.address() as AddressInfo;
  // Of a connection that can't be accepted; `listen` reports its own.
  server.on("error", () => {});
  let back: NodeJS.Timeout | undefined;
  let isClosed = false;
  platform.outage.onRefuse = (forMs) => {
    // After the request that starts the outage, which is reset.
    setImmediate(() => closeServer(server));
    const reopen = () =>
      listen(server, { ...settings, port }).then(
        () => (isClosed ? closeServer(server) : undefined),
        () => {
          // Another program has the port: the outage lasts until it is free.
          if (!isClosed) back = setTimeout(reopen, REOPEN_EACH_MS);
        },
      );
    back = setTimeout(reopen, forMs);
  };
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return {
    url: `http://${host}:${port}`,
    port,
    registerCodes: (codes) => platform.codes.register(codes),
    registerConsents: (consents) => {
      for (const consent of consents) platform.subscriptions.consents.grant(consent);
    },
    withdrawConsents: (openId, templateIds) => platform.subscriptions.withdraw(openId, templateIds),
    setTemplates: (templates) => platform.subscriptions.templates.replace(templates),
    setDayLimits: (limits) => platform.quotas.setLimits(limits),
    setCallback: (callback) => platform.subscriptions.events.set(callback),
    alipayKeys: () => platform.alipayKeys.handOut(),
    stats: () => platform.stats(),
    setFaults: (faults) => platform.dice.setFaults(faults),
    setOutage: (outage) => platform.outage.set(outage),
    expireTokens: () => platform.tokens.expireAll(),
    reset: () => platform.reset(),
    close: () => {
      isClosed = true;
      clearTimeout(back);
      platform.subscriptions.events.close();
      return closeServer(server);
    },
  };
}

function listen(server: Server, { port, host }: SandboxSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "it is in use" : messageOf(error);
      const details = { hint: "choose another port, or 0 for any free one", cause: error };
      server.off("listening", accept);
      reject(new PushCliError("usage", `can't listen on port "${port}" of ${host}: ${reason}`, details));
    };
    const accept = () => {
      server.off("error", refuse);
      resolve();
    };
    server.once("error", refuse).once("listening", accept).listen(port, host);
  });
}
