import type { Cluster, Redis } from "ioredis";
import type { RedisKey } from "./keys.ts";
import type { Script, ScriptArg } from "./scripts.ts";

/** A script's keys and arguments for some users. */
export interface ScriptCall {
  keys: RedisKey[];
  args: ScriptArg[];
}

/** Redis as the stores see it, whether one server or several. Every failure is a PushCliError of kind `redis`. */
export interface RedisLink {
  /** For commands on one key, which are routed to its server. */
  readonly client: Redis | Cluster;
  /** Awaits a command; failures are explained with the server's address. */
  call<T>(command: Promise<T>): Promise<T>;
  /** Runs a script over keys of one cluster slot. */
  run(script: Script, keys: RedisKey[], args: ScriptArg[]): Promise<unknown>;
  /**
   * Runs a script for many users and returns its replies, one per user, in order. `plan` makes the call for some of them;
   * their keys come in the users' order, the same number for each. One call on a single server, one per slot in a cluster.
   * `unpack` splits a call's reply into one per user, unless it already is an array, or a text with one letter for each.
   */
  runBatch<User, Reply = unknown>(
    script: Script,
    users: User[],
    plan: (users: User[]) => ScriptCall,
    unpack?: (reply: unknown, users: User[]) => ArrayLike<Reply>,
  ): Promise<ArrayLike<Reply>>;
  /** Opens a sweep over all keys. Rejects when a server that is known to hold some can't be reached. */
  openSweep(): Promise<Sweep>;
  /** Connections to all servers that hold keys, for INFO of each; undefined where they are not available. */
  infoClients(): Redis[] | undefined;
  /** How often a server was connected to, or took the place of another. */
  readonly connections: number;
  /** Redis' own clock, epoch ms. */
  now(): Promise<number>;
  close(): void;
}

/** The servers of one sweep. */
export interface Sweep {
  readonly nodes: readonly SweepNode[];
  /** Rejects with a SweepCutError when keys may have moved from one server to another since the sweep was opened. */
  checkWhole(): Promise<void>;
  close(): void;
}

/** One server that holds keys. */
export interface SweepNode {
  readonly client: Redis;
  /** Awaits a command of `client`. */
  call<T>(command: Promise<T>): Promise<T>;
  /** How often a connection has been made. */
  readonly connections: number;
  /** Identifies the server process; changes after a restart or failover. Undefined where INFO is not available. */
  serverId(): Promise<string | undefined>;
}
