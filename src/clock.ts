/** Time and chance as a dependency, so that domain code can be tested without waiting. */
export interface Clock {
  /** Wall time, epoch ms. */
  now(): number;
  /** Monotonic time, ms with a fraction; only differences mean anything. */
  monotonic(): number;
  /** Resolves after `ms`, 24 days at most, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), for jitter. */
  random(): number;
}

/** A longer timer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS));
      signal?.addEventListener("abort", done, { once: true });
    }),
  random: () => Math.random(),
};
