/** The first part of a broadcast, and how far it has come. Kept in its record for all of its runs. */
export interface Canary {
  /** Which users are in it: those whose draw is below the share. */
  share: number;
  seed: string;
  /** How long to wait after its last send, ms. */
  waitMs: number;
  /** An operator decides whether to go on. */
  asks?: boolean | undefined;
  /** The largest shares of the canary's users, from 0 to 1, with which the broadcast goes on by itself. */
  maxFailed: number;
  maxRejected: number;
  /** When everybody in it had an outcome, epoch ms. */
  sentAtMs?: number | undefined;
  /** What came of it: `passed` lets all other users have the message. */
  verdict?: "passed" | "failed" | undefined;
}
