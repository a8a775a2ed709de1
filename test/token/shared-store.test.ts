import { beforeEach, expect, it } from "vitest";
import type { StoreGuard, TokenMode } from "../../src/token/ports.ts";
import { createTokenProvider, type TokenProvider } from "../../src/token/provider.ts";
import { FakeApi, FakeClock, FakeLocks, FakeStore } from "./fakes.ts";

const APPID = "wx0123456789abcdef";

/** One that a backend uses too. */
class SharedStore extends FakeStore {
  override readonly name = "sdk";
  readonly whyReadOnly = "it is the backend's";
  unfit: string | undefined;
  leaseMs: number | undefined;
  /** Called at each look. */
  onLoad: () => void = () => {};

  whyUnfit = async () => this.unfit;

  override lockOf(appid: string): { key: string; leaseMs?: number } {
    return { ...super.lockOf(appid), ...(this.leaseMs !== undefined && { leaseMs: this.leaseMs }) };
  }

  override load() {
    this.onLoad();
    return super.load();
  }
}

let clock: FakeClock;
let store: SharedStore;
let locks: FakeLocks;
let api: FakeApi;

beforeEach(() => {
  clock = new FakeClock();
  store = new SharedStore(clock);
  locks = new FakeLocks();
  api = new FakeApi();
});

function newProcess(mode: TokenMode, guard: StoreGuard): TokenProvider {
  store.guard = guard;
  return createTokenProvider({ appid: APPID, mode, store, locks, api, clock });
}

const untouched = () => [api.calls.length, store.saves.length, locks.names.size];

it.each<[StoreGuard, TokenMode]>([
  ["unlocked", "basic"],
  ["read-only", "basic"],
  ["read-only", "stable"],
])("%s, %s: a refresh is refused at once, and touches nothing", async (guard, mode) => {
  const startedAt = clock.now();
  const refused = newProcess(mode, guard).refresh(false);
  await expect(refused).rejects.toMatchObject({
    kind: "credentials",
    message: expect.stringMatching(
      /^there is no valid token in "key-of-wx\w+", and push-cli does not write one there: /,
    ),
    hint: expect.stringContaining("let the backend refresh it"),
  });
  expect([...untouched(), clock.now()]).toEqual([0, 0, 0, startedAt]);
});

it.each<[StoreGuard, TokenMode]>([
  ["unlocked", "stable"],
  ["locked", "stable"],
  ["locked", "basic"],
])("%s, %s: a token is fetched under the lock, and stored", async (guard, mode) => {
  expect(await newProcess(mode, guard).current()).toBe("token-1");
  expect(api.calls).toEqual([{ mode, force: false }]);
  expect([store.saves.length, locks.names.size]).toEqual([1, 1]);
});

it.each<StoreGuard>(["unlocked", "read-only"])("%s: a good token is used", async (guard) => {
  store.put("theirs");
  expect(await newProcess("basic", guard).refresh(false)).toMatchObject({ token: "theirs", source: "store" });
  expect(untouched()).toEqual([0, 0, 0]);
});

it.each<[StoreGuard, TokenMode]>([
  ["unlocked", "basic"],
  ["read-only", "stable"],
])("%s, %s: a run waits until the backend has replaced a refused token", async (guard, mode) => {
  store.put("theirs");
  const tokens = newProcess(mode, guard);
  expect(await tokens.current()).toBe("theirs");
  const refusedAt = clock.now();
  store.onLoad = () => {
    if (clock.now() >= refusedAt + 5000) store.put("their-next");
  };
  expect(await tokens.renew("theirs")).toBe("their-next");
  expect(clock.now() - refusedAt).toBeLessThan(6000);
  expect(untouched()).toEqual([0, 0, 0]);
});

it("gives the backend 15 s to replace a refused token, and then says what to do", async () => {
  store.put("theirs");
  const tokens = newProcess("basic", "unlocked");
  await tokens.current();
  const refusedAt = clock.now();
  await expect(tokens.renew("theirs")).rejects.toMatchObject({
    kind: "credentials",
    message: expect.stringMatching(
      /^the API refuses the token in "key-of-wx\w+", which push-cli does not replace: sdk has no lock/,
    ),
    hint: expect.stringContaining("--token-mode stable"),
  });
  expect(clock.now() - refusedAt).toBeGreaterThanOrEqual(15_000);
  expect(clock.now() - refusedAt).toBeLessThan(17_000);
  expect(untouched()).toEqual([0, 0, 0]);
});

it("replaces a refused token in stable mode, where no lock is needed: never by force", async () => {
  store.put("theirs");
  const tokens = newProcess("stable", "unlocked");
  await tokens.current();
  expect(await tokens.renew("theirs")).toBe("token-1");
  expect(api.calls).toEqual([{ mode: "stable", force: false }]);
});

it("is forced by who insists where only the lock is missing", async () => {
  store.put("theirs");
  expect(await newProcess("basic", "unlocked").refresh(true)).toMatchObject({ token: "token-1" });
  expect(api.calls).toEqual([{ mode: "basic", force: true }]);
});

it("is forced by nobody where the store is only read, or its value is somebody else's", async () => {
  store.put("theirs");
  await expect(newProcess("stable", "read-only").refresh(true)).rejects.toMatchObject({
    kind: "credentials",
    message: 'push-cli does not replace the token in "key-of-wx0123456789abcdef": it is the backend\'s',
  });
  store.unfit = "it holds a HASH, not a token";
  await expect(newProcess("stable", "locked").refresh(true)).rejects.toMatchObject({
    message: expect.stringContaining("it holds a HASH"),
  });
  expect(untouched()).toEqual([0, 0, 0]);
});

it("waits for as long as a lock of a dead backend may stand in the way", async () => {
  locks.held = true;
  store.leaseMs = 60_000;
  const startedAt = clock.now();
  await expect(newProcess("stable", "locked").refresh(false)).rejects.toMatchObject({
    kind: "locked",
    message: expect.stringContaining("for 70 s"),
    hint: expect.stringContaining("lock-of-wx"),
  });
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(70_000);
  expect(api.calls).toEqual([]);
});

it("uses a token of which nothing says when it lapses, and looks again", async () => {
  const tokens = newProcess("basic", "unlocked");
  store.stored = { token: "endless", expiresAtMs: clock.now() + 60_000, isEndless: true };
  expect(await tokens.refresh(false)).toMatchObject({ token: "endless", isEndless: true });
  expect(tokens.cached()).toBe("endless");
  clock.advance(60_000);
  expect(tokens.cached()).toBeUndefined();
});

it.each<[StoreGuard, TokenMode, boolean, boolean, { fetches: boolean; refused: boolean }]>([
  ["locked", "stable", true, false, { fetches: false, refused: false }],
  ["locked", "stable", true, true, { fetches: true, refused: false }],
  ["locked", "basic", false, false, { fetches: true, refused: false }],
  ["unlocked", "basic", false, false, { fetches: true, refused: true }],
  ["unlocked", "basic", true, false, { fetches: false, refused: false }],
  ["unlocked", "stable", false, false, { fetches: true, refused: false }],
  ["read-only", "stable", true, true, { fetches: true, refused: true }],
])(
  "a plan for %s, %s, a good token: %s, force: %s is what a refresh then does",
  async (guard, mode, good, force, planned) => {
    if (good) store.put("theirs");
    const tokens = newProcess(mode, guard);
    const plan = await tokens.plan(force);
    expect({ fetches: plan.fetches, refused: plan.refusal !== undefined }).toEqual(planned);
    expect(untouched()).toEqual([0, 0, 0]);
    const done = await tokens.refresh(force).then(
      ({ source }) => source,
      (error: Error) => error.message,
    );
    expect(done).toBe(planned.refused ? plan.refusal?.message : planned.fetches ? "api" : "store");
  },
);
