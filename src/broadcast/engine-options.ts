import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AccessTokens } from "../token/ports.ts";
import type { Row } from "./audience.ts";
import type { Repeat } from "./channel.ts";
import type { MaxErrors } from "./guard.ts";
import type { Ledger, MessageSender, OwnTexts } from "./ports.ts";
import type { Report } from "./report.ts";

export interface EngineDeps {
  /** `trouble`: why its calls are held up now. */
  ledger: Ledger & { readonly trouble?: string | undefined };
  sender: MessageSender;
  tokens: AccessTokens;
  clock: Clock;
  log?: Logger | undefined;
  report?: Report | undefined;
  /** Makes a recipient's texts of their row; absent where all get the same message. */
  render?: ((row: Row) => OwnTexts) | undefined;
  /** Says whether claims are surely still this run's own. */
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
  /** Sends a second; undefined: as fast as the concurrency allows. */
  rate?: number | undefined;
  /** Sends a second to begin with where `rate` is not given: the channel's, where bursts cost. */
  startRate?: number | undefined;
  /** Claims at most. */
  limit?: number | undefined;
  maxErrors: MaxErrors;
  /** Requests with one code at most, those left out that failed because the API was down. */
  maxAttempts: number;
  /** How long an outage of the API is sat out, ms; `DEFAULT_MAX_OUTAGE_MS` unless given. */
  maxOutageMs?: number | undefined;
  /** How long requests in flight may take to finish after a stop, ms. */
  drainMs: number;
  /** How long receipts of unknown outcomes are waited for after the sends, ms; absent: not at all. */
  waitReceiptsMs?: number | undefined;
  /** The channel's; `by_code` unless given. */
  repeat?: Repeat | undefined;
  /** What must not be repeated is, after an attempt without an outcome: the operator asked for it. */
  retryUnknown?: boolean | undefined;
}
