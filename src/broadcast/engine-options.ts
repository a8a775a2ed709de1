import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AccessTokens } from "../token/ports.ts";
import type { Repeat } from "./channel.ts";
import type { MaxErrors } from "./guard.ts";
import type { Ledger, MessageSender } from "./ports.ts";
import type { Report } from "./report.ts";
import type { Schedule } from "./schedule.ts";
import type { Assignment, Texts } from "./variants.ts";

export interface EngineDeps {
  /** `trouble`: why its calls are waiting now. */
  ledger: Ledger & { readonly trouble?: string | undefined };
  sender: MessageSender;
  tokens: AccessTokens;
  clock: Clock;
  log?: Logger | undefined;
  report?: Report | undefined;
  /** Makes a recipient's texts; absent where all get the same message. */
  texts?: Texts | undefined;
  /** Which of the message's variants each recipient gets; absent without variants. */
  assignment?: Assignment | undefined;
  /** Says whether claims are certain to be still this run's own. */
  pulse: Pulse;
}

/** The run's heartbeat, as senders see it. */
export interface Pulse {
  readonly fresh: boolean;
  /** Resolves when it is, or when the signal aborts. */
  untilFresh(signal: AbortSignal): Promise<void>;
}

export interface EngineOptions {
  /** Requests in flight at most. */
  concurrency: number;
  /** Sends per second; undefined: as fast as the concurrency allows. */
  rate?: number | undefined;
  /** Initial sends per second where `rate` is not given: the channel's `startRate`. */
  startRate?: number | undefined;
  /** Claims at most. */
  limit?: number | undefined;
  maxErrors: MaxErrors;
  /** Maximum requests with one code, not counting those that failed because the API was down. */
  maxAttempts: number;
  /** How long to wait for the API during an outage, ms; `DEFAULT_MAX_OUTAGE_MS` unless given. */
  maxOutageMs?: number | undefined;
  /** How long requests in flight may take to finish after a stop, ms. */
  drainMs: number;
  /** How long receipts of unknown outcomes are waited for after the sends, ms; absent: not at all. */
  waitReceiptsMs?: number | undefined;
  /** The channel's; `by_code` unless given. */
  repeat?: Repeat | undefined;
  /** When it may send; absent: at any time. */
  schedule?: Schedule | undefined;
  /** This run uses the API that the broadcast began with: what other runs have sent proves it. */
  sharesApi?: boolean | undefined;
  /** The operator asked to repeat sends without an outcome even where that may deliver twice. */
  retryUnknown?: boolean | undefined;
}
