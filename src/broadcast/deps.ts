import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AccessTokens } from "../token/ports.ts";
import type { AskCanary } from "./canary.ts";
import type { LookAtMemory } from "./memory.ts";
import type { Choice } from "./policy.ts";
import type { Ledger, MessageSender } from "./ports.ts";
import type { Receipts } from "./receipts.ts";
import type { BroadcastRecord, BroadcastResult, BroadcastStore, KnownRun, ProcessFacts } from "./record.ts";
import type { Report } from "./report.ts";
import type { Run } from "./run.ts";
import type { Here } from "./status.ts";
import type { Sighted, Sweeps } from "./sweep.ts";

export interface LedgerOptions {
  broadcastId: string;
  runId: string;
  /** Runs that are surely dead: their claims are taken over with the same code. Read at every claim: more may die. */
  deadRuns?: ReadonlySet<string>;
  /** Final outcomes of other runs to try again. */
  retry?: ("unknown" | "failed")[];
  /** Claims only look and change nothing. */
  dryRun?: boolean;
  /** Whom it may claim for; absent: everybody. */
  choice?: Choice | undefined;
}

export interface BroadcastDeps {
  store: BroadcastStore;
  sweepPools(): AsyncIterable<string[]>;
  sweepLedgers(): AsyncIterable<string[]>;
  openLedger(needs: LedgerOptions): Ledger;
  lookAtMemory: LookAtMemory;
  /** Absent where the channel has none. */
  receipts?: Receipts | undefined;
  sender: MessageSender;
  tokens: AccessTokens;
  clock: Clock;
  log?: Logger | undefined;
  report?: Report | undefined;
  /** This process. */
  self: ProcessFacts;
  user: string;
  version?: string | undefined;
  fateOf: Here["fateOf"];
  /** Absent where there is no terminal. */
  askCanary?: AskCanary | undefined;
  /** Called once the run exists, before the first claim: for progress and signals. */
  onStart?(id: string, run: Run, record: BroadcastRecord): void;
  /** Called when this process begins a scheduled broadcast. */
  onBegin?(record: BroadcastRecord): void;
  /** Counts the users of one that begins now; undefined where that is not worth the time. */
  countUsers?(): Promise<number | undefined>;
}

export interface Ended {
  result: BroadcastResult;
  run: Run;
  /** As it is now. */
  record: Pick<BroadcastRecord, "id" | "cut" | "resumeWith">;
}

/** What a run needs to know about earlier ones. */
export interface RunPlan {
  runId: string;
  /** Runs taken for dead; the run adds to them. */
  dead: Set<string>;
  retry?: LedgerOptions["retry"];
  earlierRuns: KnownRun[];
  /** Continues even if Redis evicts keys. */
  allowEviction?: boolean | undefined;
  /** Does not wait for the time of a scheduled broadcast. */
  beginsNow?: boolean | undefined;
  /** Works beside other runs. */
  joins?: boolean | undefined;
  /** Changes that the resume makes to the record, by what it is when they are made: other runs may have ended meanwhile. */
  changes?(now: BroadcastRecord): Partial<BroadcastRecord>;
  /** The sweep of a first run; absent for later runs. */
  firstSweep?(sweeps: Sweeps): AsyncIterable<Sighted>;
}
