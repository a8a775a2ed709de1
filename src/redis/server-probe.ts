import type { RedisProbe } from "../doctor/ports.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { askServers } from "./server-facts.ts";
import { parseTarget } from "./target.ts";
import { tryRights } from "./try-rights.ts";

interface ProbeOptions {
  url: string;
  shownUrl: string;
  /** The user in the URL, if any. */
  user: string | undefined;
}

/** Inspects the servers behind a link without changing anything. */
export function createServerProbe(
  link: RedisLink,
  keys: Keys,
  options: ProbeOptions,
): Pick<RedisProbe, "mode" | "ping" | "now" | "servers" | "rights"> {
  return {
    mode: describeMode(link, options),
    ping: () => link.call(link.client.ping()),
    now: link.now,
    servers: () => askServers(link),
    rights: () => tryRights(link, keys, options.user),
  };
}

function describeMode({ client, infoClients }: RedisLink, { url, shownUrl }: ProbeOptions): string {
  const target = parseTarget(url, shownUrl);
  const isTls = target.kind !== "socket" && target.tls;
  const how = target.kind === "socket" ? "over a socket" : isTls ? "with TLS" : "without TLS";
  if (client.isCluster) {
    const masters = infoClients()?.length ?? 0;
    return `cluster of ${masters} masters, ${how}`;
  }
  const { db = 0 } = client.options as { db?: number };
  const kind =
    target.kind === "sentinel" ? `the master that Sentinel names '${target.master}'` : "one server";
  return `${kind}, database ${db}, ${how}`;
}
