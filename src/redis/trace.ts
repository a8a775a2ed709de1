import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { scriptName } from "./scripts.ts";

type Command = Parameters<Redis["sendCommand"]>[0] & { args: unknown[]; promise: Promise<unknown> };

/**
 * Logs each command of a connection, including pipelined ones, and how long its reply took; returns the client, which stays
 * unchanged unless the log records traces. Of written values and replies, only the size is logged.
 */
export function traceCommands(client: Redis, log: Logger | undefined): Redis {
  const debug = log?.debug;
  if (!debug) return client;
  const known = new WeakSet<Command>();
  const send = client.sendCommand.bind(client) as (command: Command, ...more: unknown[]) => unknown;
  client.sendCommand = ((command: Command, ...more: unknown[]) => {
    // The client sends a command again after a lost connection.
    if (!known.has(command)) {
      known.add(command);
      const { host, port, path } = client.options;
      const at = path ?? `${host}:${port}`;
      const startedMs = performance.now();
      const tell = (outcome: { receivedBytes: number } | { error: string }) => {
        const ms = Math.round((performance.now() - startedMs) * 10) / 10;
        const fields = { ...describeCommand(command), ...outcome, ms, server: at };
        debug("redis", describe(fields), fields);
      };
      command.promise.then(
        (reply) => tell({ receivedBytes: sizeOf(reply) }),
        (error: Error) => tell({ error: error.message.replace(QUOTED_ARGS, "") }),
      );
    }
    return send(command, ...more);
  }) as Redis["sendCommand"];
  return client;
}

interface Described {
  command: string;
  /** The script's name. */
  script?: string;
  keys?: number;
  /** The arguments that are shown. */
  args?: string;
  sentBytes: number;
}

function describeCommand({ name, args }: Command): Described {
  const command = name.toUpperCase();
  const sentBytes = sizeOf(args);
  if (/^EVAL/.test(command)) {
    const [sha1 = "", keys = 0] = args.map(String);
    const script = command === "EVAL" ? "(with its source)" : (scriptName(sha1) ?? sha1);
    return { command, script, keys: Number(keys), sentBytes };
  }
  return { command, args: showArgs(command, args), sentBytes };
}

/** Of an unknown command, such as a renamed one, Redis quotes the arguments, and cuts them: a secret might be among them. */
const QUOTED_ARGS = /, with args beginning with.*$/s;

/** Of these commands, only the name is shown. */
const SECRET = new Set(["AUTH", "HELLO", "ACL", "CONFIG", "MIGRATE"]);
/** Of these commands, more than the key is shown: the arguments are not values. */
const OPEN = new Set(
  "SCAN TYPE EXISTS DEL UNLINK TTL PTTL LRANGE LINDEX HMGET HGET HDEL CLUSTER INFO CLIENT MEMORY".split(" "),
);
const MAX_ARGS = 6;
/** More than a key has: the log hides a secret only where it is whole. */
const MAX_CHARS = 1024;

function showArgs(command: string, args: unknown[]): string {
  if (SECRET.has(command)) return "***";
  const shown = OPEN.has(command) ? args.slice(0, MAX_ARGS) : args.slice(0, 1);
  const left = args.length - shown.length;
  const more = left === 0 ? [] : [`... ${left} more`];
  return [...shown.map(showArg), ...more].join(" ");
}

function showArg(arg: unknown): string {
  const text = String(arg);
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
}

/** The approximate number of bytes that are sent for it. */
function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one), 0);
  if (Buffer.isBuffer(value)) return value.length;
  return value === null || value === undefined ? 0 : Buffer.byteLength(String(value));
}

function describe(
  fields: Described & { ms: number; server: string; receivedBytes?: number; error?: string },
) {
  const { command, script, keys, args, sentBytes, receivedBytes, error, ms, server } = fields;
  const what = script === undefined ? `${command} ${args}`.trimEnd() : `${command} ${script}, ${keys} keys`;
  const answer = error === undefined ? `${receivedBytes} bytes back` : `refused: ${error}`;
  return `${what}, ${sentBytes} bytes: ${answer}, in ${ms} ms (${server})`;
}
