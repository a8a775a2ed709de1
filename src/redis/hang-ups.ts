import type { Redis } from "ioredis";
import { PushCliError } from "../errors.ts";

/** Fewer times may be chance: a restarted server, a lost connection. */
const TIMES = 5;

type Command = Parameters<Redis["sendCommand"]>[0];

/**
 * Gives up on a command after which the other side closes the connection each time, for example a proxy that doesn't
 * support it. ioredis would reconnect and send it again forever, because each connection succeeds. `limitMs`: the
 * minimum time to keep trying.
 */
export function giveUpAtHangUps(client: Redis, where: string, limitMs: number): void {
  const sent = new WeakMap<Command, { times: number; sinceMs: number }>();
  const send = client.sendCommand.bind(client) as (command: Command, ...more: unknown[]) => unknown;
  client.sendCommand = ((command: Command, ...more: unknown[]) => {
    const now = performance.now();
    const { times, sinceMs } = sent.get(command) ?? { times: 0, sinceMs: now };
    // While there is no connection, it is only queued.
    if (client.status === "ready") sent.set(command, { times: times + 1, sinceMs });
    if (times < TIMES || now - sinceMs < limitMs) return send(command, ...more);
    command.reject(hangsUpAt(command.name, where));
    return command.promise;
  }) as Redis["sendCommand"];
}

function hangsUpAt(name: string, where: string): PushCliError {
  return new PushCliError(
    "redis",
    `the Redis at ${where}, or a proxy in front of it, closes the connection on the command ${name}`,
    {
      hint: "some proxies (twemproxy) close the connection on unknown commands: connect to the servers behind the proxy",
    },
  );
}
