import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../src/clock.ts";
import type {
  HeldLock,
  IssuedToken,
  LockStore,
  StoredToken,
  StoreGuard,
  TokenApi,
  TokenMode,
  TokenStore,
} from "../../src/token/ports.ts";

/** Time that passes only by `sleep` (at once) and `advance`. */
export class FakeClock implements Clock {
  nowMs = 1_600_000_000_000;
  now = () => this.nowMs;
  monotonic = () => this.nowMs;
  random = () => 0.5;
  async sleep(ms: number): Promise<void> {
    this.nowMs += ms;
    await turn();
  }
  advance(ms: number): void {
    this.nowMs += ms;
  }
}

export class FakeStore implements TokenStore {
  readonly saves: { appid: string; token: string; ttlMs: number }[] = [];
  stored: StoredToken | undefined;
  loads = 0;
  readonly name: string = "fake";
  guard: StoreGuard = "locked";
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keyOf(appid: string): string {
    return `key-of-${appid}`;
  }

  lockOf(appid: string): { key: string; leaseMs?: number } {
    return { key: `lock-of-${appid}` };
  }

  async load(): Promise<StoredToken | undefined> {
    this.loads++;
    await turn();
    return this.stored; // also a lapsed one: a store may be late
  }

  async save(appid: string, token: string, ttlMs: number): Promise<{ overwrote: boolean }> {
    await turn();
    this.saves.push({ appid, token, ttlMs });
    this.put(token, ttlMs);
    return { overwrote: false };
  }

  put(token: string, ttlMs = 3_600_000): void {
    this.stored = { token, expiresAtMs: this.#clock.now() + ttlMs };
  }
}

export class FakeLocks implements LockStore {
  readonly names = new Set<string>();
  readonly lost = new AbortController();
  held = false;
  releases = 0;
  onRelease: () => void = () => {};

  async acquire(name: string): Promise<HeldLock | undefined> {
    this.names.add(name);
    await turn();
    if (this.held) return undefined;
    this.held = true;
    return {
      lost: this.lost.signal,
      release: async () => {
        await turn();
        this.held = false;
        this.releases++;
        this.onRelease();
      },
    };
  }
}

/** Gives out `token-1`, `token-2`, ... unless `answer` says otherwise. */
export class FakeApi implements TokenApi {
  readonly calls: { mode: string; force: boolean }[] = [];
  answer: (call: number) => Promise<IssuedToken> = async (call) => ({
    token: `token-${call}`,
    expiresInSec: 7200,
  });

  modeOf(wanted: TokenMode): TokenMode {
    return wanted;
  }

  async fetchToken(mode: string, force: boolean): Promise<IssuedToken> {
    const call = this.calls.push({ mode, force });
    await turn();
    return this.answer(call);
  }
}
