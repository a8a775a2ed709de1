import { chooseProxy } from "./config/proxy.ts";
import type { Settings } from "./config/settings.ts";
import { messageOf } from "./errors.ts";
import type { HookReply, HookRequest } from "./notify/ports.ts";
import type { Io } from "./output/io.ts";
import type { HttpReply } from "./platforms/http/exchange.ts";
import type { HttpOptions } from "./platforms/http/http.ts";
import type { HttpRequest } from "./platforms/http/lanes.ts";
import type { Network } from "./platforms/http/network.ts";

/** What it takes to ask a server that is not the platform's. */
export interface AskParts {
  settings: Pick<Settings, "proxy">;
  io: Pick<Io, "env">;
  network: Network;
}

/**
 * Sends one request on a connection of its own, by the proxy that is set for the host. Never rejects but with a `config` error
 * about a proxy. For `limits` see `HttpOptions`.
 */
export async function askOnce(
  { network, settings, io }: AskParts,
  url: URL,
  request: Omit<HttpRequest, "path">,
  limits: Pick<HttpOptions, "timeoutMs" | "deadlineMs" | "contentType">,
): Promise<HttpReply> {
  const { openHttp } = await import("./platforms/http/http.ts");
  const { origin, host, pathname, search } = url;
  const proxy = chooseProxy(origin, settings.proxy, io.env);
  const http = await openHttp({ ...limits, origin, host, connections: 1, network: { ...network, proxy } });
  try {
    return await http.request({ ...request, path: `${pathname}${search}` });
  } finally {
    await http.close();
  }
}

/** DingTalk asks for the character set. */
const CONTENT_TYPE = "application/json; charset=utf-8";

/** Asks a webhook. No log gets to see the exchange: the path of a webhook is its secret. */
export async function askHook(
  parts: AskParts,
  address: string,
  { method, body, parameters = {}, headers = {} }: HookRequest,
  timeoutMs: number,
): Promise<HookReply> {
  const url = new URL(address);
  // Not by searchParams, which would write those that are there in another way.
  const added = new URLSearchParams(parameters).toString();
  if (added !== "") url.search = url.search === "" ? added : `${url.search}&${added}`;
  const request = { method, body, headers: Object.entries(headers).flat() };
  try {
    const limits = { timeoutMs, deadlineMs: timeoutMs, contentType: CONTENT_TYPE };
    const { settings, io } = parts;
    const silent = { settings, io, network: { ...parts.network, log: undefined } };
    return await toHookReply(await askOnce(silent, url, request, limits));
  } catch (error) {
    return { kind: "failure", reason: messageOf(error) };
  }
}

async function toHookReply(reply: HttpReply): Promise<HookReply> {
  if (reply.kind === "failure") return { kind: "failure", reason: reply.reason };
  const { readRetryAfter } = await import("./platforms/http/retry-after.ts");
  const { status, text, location } = reply;
  const redirectsTo = location && URL.canParse(location) ? new URL(location).host : undefined;
  return { kind: "answer", status, text, redirectsTo, retryAfterMs: readRetryAfter(reply) };
}
