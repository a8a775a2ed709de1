import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { createSecureContext, rootCertificates, connect as secure } from "node:tls";
import type { ConnectionStep } from "../../doctor/ports.ts";
import { parseApiBase } from "./api-base.ts";
import { attemptMs, createConnector } from "./connector.ts";
import { DescribedError } from "./described.ts";
import { openHttp } from "./http.ts";
import type { Network } from "./network.ts";
import { connectThroughProxy, connectToProxy, type ProxyServer, parseProxy } from "./proxy.ts";
import { WrongNameError } from "./tls-failure.ts";
import { describeFailure, seconds } from "./wire-failure.ts";

export interface WayOptions {
  apiBase: string;
  network: Network;
  /** For each step, ms. */
  timeoutMs: number;
}

/** A step has failed and was recorded: the steps after it are impossible. */
class Stop extends Error {}

/**
 * Connects to the API in the same way as requests do, and times each step: proxy or name and TCP, TLS, the answer to a
 * harmless GET. Ends with the first step that fails. Throws a `config` error for an invalid address.
 */
export async function checkConnection(options: WayOptions): Promise<ConnectionStep[]> {
  const { apiBase, network } = options;
  const { origin } = parseApiBase(apiBase);
  const way = new Way(options);
  try {
    const proxy = network.proxy === undefined ? undefined : parseProxy(network.proxy);
    const socket = proxy ? await way.throughProxy(proxy) : await way.toAddress(await way.lookUp());
    if (origin.startsWith("https:") && socket) await way.secure(socket);
    await way.ask();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  } finally {
    way.close();
  }
  return way.steps;
}

class Way {
  readonly steps: ConnectionStep[] = [];
  readonly #options: WayOptions;
  readonly #url: URL;
  readonly #host: string;
  readonly #port: number;
  readonly #sockets: Socket[] = [];

  constructor(options: WayOptions) {
    this.#options = options;
    this.#url = new URL(options.apiBase);
    this.#host = this.#url.hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(this.#url.port || (this.#url.protocol === "https:" ? 443 : 80));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The addresses of the API's host. */
  lookUp(): Promise<LookupAddress[]> {
    const family = isIP(this.#host);
    return this.#take("dns", async () => {
      if (family !== 0)
        return { value: [{ address: this.#host, family }], found: `${this.#host} is an address` };
      const lookup = this.#options.network.lookup ?? systemLookup;
      const value = await new Promise<LookupAddress[]>((resolve, reject) => {
        lookup(this.#host, { all: true }, (error, found) =>
          error ? reject(error) : resolve(found as unknown as LookupAddress[]),
        );
      });
      return { value, found: `${this.#host} is ${value.map(({ address }) => address).join(", ")}` };
    });
  }

  toAddress(addresses: LookupAddress[]): Promise<Socket> {
    return this.#take("tcp", async () => {
      const socket = connectTcp({
        host: this.#host,
        port: this.#port,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: attemptMs(this.#options.timeoutMs),
        lookup: (_host, options, callback) => {
          const [first] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, first?.address ?? "", first?.family ?? 4);
        },
      });
      await this.#opened(socket, "connect");
      return { value: socket, found: `connected to ${socket.remoteAddress} port ${socket.remotePort}` };
    });
  }

  /** A tunnel for https; for http, which is requested from the proxy itself, no socket. */
  throughProxy(proxy: ProxyServer): Promise<Socket | undefined> {
    return this.#take("proxy", async () => {
      const { network, timeoutMs } = this.#options;
      const { Client, buildConnector } = await import("undici");
      const toProxy = connectToProxy(createConnector(buildConnector, network, timeoutMs), proxy, timeoutMs);
      const { protocol, hostname } = this.#url;
      const isTunnel = protocol === "https:";
      const openProxy = () => new Client(proxy.origin, { connect: toProxy, headersTimeout: timeoutMs });
      const through = isTunnel
        ? connectThroughProxy(openProxy, (options, done) => done(null, options.httpSocket as Socket), proxy)
        : toProxy;
      const to = new URL(proxy.origin);
      const target = isTunnel ? { hostname, port: String(this.#port), protocol } : to;
      const socket = await new Promise<Socket>((resolve, reject) => {
        through({ hostname: target.hostname, port: target.port, protocol: target.protocol }, (error, made) =>
          error ? reject(error) : resolve(made as Socket),
        );
      });
      this.#sockets.push(socket);
      const found = isTunnel ? `a tunnel through ${proxy.host}` : `connected to ${proxy.host}`;
      return { value: isTunnel ? socket : undefined, found };
    });
  }

  secure(socket: Socket): Promise<void> {
    return this.#take("tls", async () => {
      const { extraCas = [] } = this.#options.network;
      const secured = secure({
        socket,
        ...(isIP(this.#host) === 0 && { servername: this.#host }),
        host: this.#host,
        secureContext: createSecureContext({ ca: [...rootCertificates, ...extraCas] }),
        ALPNProtocols: ["http/1.1"],
      });
      await this.#opened(secured, "secureConnect");
      const { valid_to: end } = secured.getPeerCertificate();
      return { value: undefined, found: `${secured.getProtocol()}, certificate valid until ${end}` };
    });
  }

  /** Any answer will do: the path need not exist. */
  ask(): Promise<void> {
    return this.#take("http", async () => {
      const { network, timeoutMs, apiBase } = this.#options;
      const { origin, host, prefix } = parseApiBase(apiBase);
      const http = await openHttp({ origin, host, connections: 1, timeoutMs, network });
      try {
        const reply = await http.request({ method: "GET", path: `${prefix}/` });
        if (reply.kind === "failure") throw reply;
        return { value: undefined, found: `answers (HTTP ${reply.status})` };
      } finally {
        await http.close();
      }
    });
  }

  async #take<T>(name: ConnectionStep["name"], work: () => Promise<{ value: T; found: string }>): Promise<T> {
    const begunMs = performance.now();
    const took = () => Math.round((performance.now() - begunMs) * 10) / 10;
    try {
      const { value, found } = await this.#inTime(name, work());
      this.steps.push({ name, found, isOk: true, ms: took() });
      return value;
    } catch (error) {
      const { reason, hint } = this.#describe(error);
      this.steps.push({ name, found: reason, isOk: false, hint, ms: took() });
      throw new Stop();
    }
  }

  #describe(error: unknown): { reason: string; hint?: string | undefined } {
    if (!(error instanceof Error)) return error as { reason: string; hint?: string };
    const { timeoutMs } = this.#options;
    return describeFailure(WrongNameError.from(error) ?? error, {
      host: `${this.#host}:${this.#port}`,
      stage: "unsent",
      timeoutMs,
      connectMs: timeoutMs,
      deadlineMs: timeoutMs,
      maxBytes: 0,
    });
  }

  /** Of a step after the connection, nothing is said about connecting. */
  #inTime<T>(name: ConnectionStep["name"], work: Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(
          name === "tcp" || name === "proxy"
            ? Object.assign(new Error("late"), { code: "UND_ERR_CONNECT_TIMEOUT" })
            : new DescribedError({ reason: `no answer within ${seconds(timeoutMs)}` }),
        );
      const timer = setTimeout(late, timeoutMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #opened(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
    this.#sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once(event, resolve);
      socket.once("close", () => reject(Object.assign(new Error("closed"), { code: "UND_ERR_SOCKET" })));
      // Also for sockets that are no longer waited for.
      socket.on("error", reject);
    });
  }
}
