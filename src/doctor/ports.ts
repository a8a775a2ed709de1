import type { ChannelFacts, TemplateList, TokenCheck } from "../broadcast/channel.ts";
import type { ServerMemory } from "../broadcast/memory.ts";
import type { Settings } from "../config/settings.ts";
import type { ConsentStore } from "../pool/consents/ports.ts";
import type { PoolStore } from "../pool/ports.ts";
import type { IssuedToken, StoredToken, TokenMode } from "../token/ports.ts";
import type { Finding } from "./check.ts";

/** What one Redis server says of itself. */
export interface ServerFacts extends ServerMemory {
  /** host:port, or the path of a socket. */
  address: string;
  /** "Redis 7.0.15", "Valkey 8.1.0". */
  product: string;
  /** Of the Redis that it is or is compatible with: 7; undefined where that can't be read. */
  majorVersion: number | undefined;
  /** Of a replica: host:port of its master. */
  masterAddress: string | undefined;
  replicas: readonly { address: string; state: string; lagSec: number }[];
  usedBytes: number;
  hasAof: boolean;
  /** CONFIG save: when snapshots are made; empty: never. Undefined to users who may not ask. */
  savePoints: string | undefined;
  /** Redis could not write to its disk when it last tried. */
  hasWriteFailed: boolean;
}

/** What a Redis user may not do that push-cli needs. */
export interface RightsFacts {
  user: string;
  /** As rules of ACL SETUSER: "+hget", "~mina:broadcast*". */
  missing: readonly string[];
  /** Commands that this Redis, or a proxy before it, does not have. */
  absent: readonly string[];
  /** Commands that could not be tried without an effect. */
  untried: readonly string[];
}

/** Looks at a Redis and changes nothing there. All reject with a `redis` error. */
export interface RedisProbe {
  /** "one server", "cluster" ..., with TLS and database. */
  readonly mode: string;
  ping(): Promise<unknown>;
  /** Its clock, epoch ms. */
  now(): Promise<number>;
  /** All servers that hold keys; undefined where they don't tell. */
  servers(): Promise<ServerFacts[] | undefined>;
  rights(): Promise<RightsFacts>;
  /** The pools of the channel: codes, or consents of all templates. */
  readonly pools: PoolStore;
  readonly consents: ConsentStore | undefined;
  readonly tokenKey: string;
  storedToken(): Promise<StoredToken | undefined>;
}

/** One step of the way to the API. */
export interface ConnectionStep {
  name: "proxy" | "dns" | "tcp" | "tls" | "http";
  /** What was reached, or why it was not. */
  found: string;
  isOk: boolean;
  hint?: string | undefined;
  ms: number;
}

/** Looks at the platform; spends nothing, and stores nothing. */
export interface ApiProbe {
  readonly facts: ChannelFacts;
  /** Whether the API is the platform's own, and neither a compatible one nor the sandbox. */
  readonly isOwnBase: boolean;
  /** The steps up to the first that fails; `timeoutMs` for each. */
  connect(timeoutMs: number): Promise<ConnectionStep[]>;
  readonly tokenMode: TokenMode;
  /**
   * In stable mode: the token there is, or the first one; it disturbs nobody's. Rejects as `TokenApi` does. Absent where
   * requests are signed instead.
   */
  issueToken?: (() => Promise<IssuedToken>) | undefined;
  /** Absent where the platform has no call that is free of charge. */
  checkToken?: ((token: string) => Promise<TokenCheck>) | undefined;
  /** Absent where the platform lists none. */
  templates?: ((token: string) => Promise<TemplateList>) | undefined;
}

/** Everything that `doctor` looks at. Each is opened when it is asked for, and rejects with a PushCliError. */
export interface DoctorTools {
  /** Without a word about their warnings. */
  settings(): Promise<Settings>;
  redis(timeoutMs: number): Promise<RedisProbe>;
  api(): Promise<ApiProbe>;
  collector(settings: Settings): Promise<Finding[]>;
}
