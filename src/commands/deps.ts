import type {
  ChannelFacts,
  Message,
  OpenChannel,
  SenderOptions,
  TemplateCache,
} from "../broadcast/channel.ts";
import type { LedgerOptions } from "../broadcast/deps.ts";
import type { SendHistory } from "../broadcast/history.ts";
import type { LookAtMemory } from "../broadcast/memory.ts";
import type { Ledger, MessageSender } from "../broadcast/ports.ts";
import type { ReceiptBook, Receipts } from "../broadcast/receipts.ts";
import type { BroadcastStore } from "../broadcast/record.ts";
import type { StopSignal } from "../broadcast/stop.ts";
import type { SuppressionList } from "../broadcast/suppression.ts";
import type { Clock } from "../clock.ts";
import type { CollectorSecret } from "../config/setting-keys.ts";
import type { Settings } from "../config/settings.ts";
import type { DoctorTools } from "../doctor/ports.ts";
import type { ExitName } from "../exit-codes.ts";
import type { PrivateRedis } from "../local-redis/private-redis.ts";
import type { Logger } from "../log.ts";
import type { AskHook } from "../notify/ports.ts";
import type { AuditNote } from "../output/audit-log.ts";
import type { Io } from "../output/io.ts";
import type { Output } from "../output/output.ts";
import type { ConsentStore } from "../pool/consents/ports.ts";
import type { BackendScript, CodeSource, PoolStore } from "../pool/ports.ts";
import type { ChildCli } from "../sandbox/child-cli.ts";
import type { Fault, Outage, Sandbox, SandboxOptions } from "../sandbox/sandbox.ts";
import type { LockStore } from "../token/ports.ts";
import type { TokenProvider } from "../token/provider.ts";

/** Everything that lives in Redis. */
export interface Stores {
  pools: PoolStore;
  broadcasts: BroadcastStore;
  locks: LockStore;
  ledger(options: LedgerOptions): Ledger;
  sweepLedgers(): AsyncIterable<string[]>;
  history: SendHistory;
  /** Absent where messages spend codes. */
  receipts?: Receipts;
  consents(needs: ConsentNeeds): ConsentStores;
  lookAtMemory: LookAtMemory;
  /** For all channels. */
  suppression: SuppressionList;
  sends(needs: ConsentNeeds): SendStores;
  /** While this holds, what Redis refuses for the time being fails at once: a run at work waits by itself, and shows it. */
  fastFailWhile(isAtWork: () => boolean): void;
  isOpenId(text: string): boolean;
  /** The openId that a text names, which may be the key of its pool or ledger, too. */
  toOpenId(text: string): string | undefined;
}

/** The consents of one template, or of all. */
export interface ConsentStores {
  pools: ConsentStore;
  /** Over all templates, in any case. */
  history: SendHistory;
  receipts: ReceiptBook;
  /** The openId that a text names, which may be any key of that user, too. */
  toOpenId(text: string): string | undefined;
}

/** `consentPrefix`: absent: the key prefix and `consent:`. */
export interface ConsentNeeds {
  keyPrefix: string;
  consentPrefix?: string | undefined;
  templateId?: string | undefined;
  maxAgeMs?: number | undefined;
  cap?: number | undefined;
}

/** Codes to import from a Redis. */
export interface SourceNeeds {
  layout: "list" | "zset" | "string" | "hash" | "set";
  /** Where the openId stands in the keys: behind a prefix, or in a pattern at its `%`. */
  place: { prefix: string; suffix?: string } | { pattern: string };
  /** How the keys are written. */
  keys: "plain" | "java";
  /** How long codes live from the creation on that is told of them; absent: what is told are expiries. */
  lifetimeMs?: number | undefined;
  /** Absent: the Redis of the pools. */
  redisUrl?: string | undefined;
}

/** What messages without codes are claimed from, and where their sends are noted. */
export type SendStores = Pick<Stores, "pools" | "ledger" | "sweepLedgers" | "history" | "receipts">;

/** What says which permissions a message spends. */
export type SendOf = Pick<Message, "templateId" | "withoutPool"> & {
  /** Absent: the channel of the settings. */
  channel?: string;
};

/**
 * What a command works with. Nothing behind these functions is built, loaded or connected before it is asked for, and
 * `main` closes whatever was.
 */
export interface Deps {
  io: Io;
  out: Output;
  clock: Clock;
  /** Of push-cli. */
  version: string;
  settings(): Promise<Settings>;
  /** `of` a message: pools, ledgers and history are those that its sends go by. */
  stores(of?: SendOf): Promise<Stores>;
  /**
   * Where the channel's messages spend consents: those of a template, or of all; undefined where they spend something else.
   * Rejects with a usage error for an id that no template can have, and for a template where there are none.
   */
  consents(templateId?: string): Promise<ConsentStores | undefined>;
  /** The same by other settings, for the demo's own Redis. */
  storesOf(io: Pick<Io, "env" | "cwd">): Promise<{ stores: Stores; close(): void }>;
  /** Connects to where codes are imported from. */
  codeSource(needs: SourceNeeds): Promise<CodeSource>;
  claimScript(): Promise<BackendScript>;
  tokens(): Promise<TokenProvider>;
  sender(message: Message, options: SenderOptions): Promise<MessageSender>;
  /** The channel of the settings, or the one of that name, with the account of the settings. */
  channel(name?: string): Promise<OpenChannel>;
  /** The template list that commands keep in Redis for each other. */
  templateCache(): Promise<TemplateCache>;
  /** What there is of channels, in the order in which they are shown. */
  channels(): Promise<ChannelFacts[]>;
  /** A server that fills the pools; it listens when this resolves. Rejects with a usage error when it can't listen there. */
  collector(
    needs: CollectorNeeds,
    secrets: { [key in CollectorSecret]?: string },
    log: (record: Record<string, unknown>) => void,
  ): Promise<RunningCollector>;
  /** `by`: other settings, for the demo's own. */
  collectorProbe(by?: Pick<Io, "env" | "cwd">): CollectorProbe;
  /** Sends a request to a webhook. */
  askHook: AskHook;
  /** What looks at everything and changes nothing; settings that can't be used are a finding. */
  doctor(): Promise<Omit<DoctorTools, "collector"> & { collectorProbe: CollectorProbe }>;
  sandbox: SandboxTools;
  /** Runs another command line in this process, with its own output streams. */
  runCli(argv: string[], io: Io): Promise<number>;
  /** Absent: nobody looks at what is decided. */
  log?: Logger | undefined;
  /** Something for the audit log's line at the end of the command. */
  note(note: AuditNote): void;
  /** Calls back at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process. Returns the undo. */
  onInterrupt(listener: (signal: StopSignal) => void): () => void;
}

/** What a collector is asked to do, beyond the settings. */
export interface CollectorNeeds {
  listen: { host: string; port: number } | { socketPath: string };
  /** Whose word on consents counts. */
  consents: "both" | "events" | "reports";
  /** In lower case. */
  trustHeader?: string;
  cloudHosting: boolean;
  forward?: string;
  codesPerUser: number;
  requestsPerMinute: number;
  /** Templates whose consents are standing. */
  standing: readonly string[];
  sessionLifeMs: number;
  /** In its log. */
  fullOpenIds: boolean;
}

export interface RunningCollector {
  /** As `http://host:port`, or `unix:/path`. */
  address: string;
  /** Whether clients can log in: not without an appsecret. */
  hasLogin: boolean;
  /** Rejects with a `redis` error when Redis does not answer. */
  ping(): Promise<void>;
  /** Takes no more requests, and finishes those in hand. */
  stop(): Promise<void>;
}

/** What looks at the settings of a collector, and at one that runs. */
export interface CollectorProbe {
  /** Rejects with a `redis` error when Redis does not answer. */
  ping(): Promise<void>;
  /** A session token as a collector with this secret takes it. */
  signToken(secret: string, openId: string): Promise<string>;
  /** `problem`: why there is no answer. */
  ask(url: string, request?: ProbeRequest): Promise<{ status: number; text: string } | { problem: string }>;
}

/** `body`: JSON; it makes the request a POST. */
export interface ProbeRequest {
  body?: string;
  token?: string;
}

export interface SandboxTools {
  start(options: SandboxOptions): Promise<Sandbox>;
  parseFault(text: string): Promise<Fault>;
  parseOutage(text: string): Promise<Outage>;
  startRedis(): Promise<PrivateRedis>;
  /** Runs a command line in a process of its own. */
  startCli(argv: string[], io: Pick<Io, "env" | "cwd">): Promise<ChildCli>;
}

/** A command's work after parsing; the name of its exit code comes back. */
export type Action<Options, Args extends unknown[]> = (
  deps: Deps,
  options: Options,
  ...args: Args
) => Promise<ExitName>;

/** Turns an action into what commander calls. */
export type RunAction = <Options, Args extends unknown[]>(
  action: Action<Options, Args>,
) => (...args: unknown[]) => Promise<void>;
