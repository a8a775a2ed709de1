import { beforeEach, describe, expect, it } from "vitest";
import { PushCliError } from "../../src/errors.ts";
import type { TokenMode } from "../../src/token/ports.ts";
import { createTokenProvider, type TokenProvider } from "../../src/token/provider.ts";
import { FakeApi, FakeClock, FakeLocks, FakeStore } from "./fakes.ts";

const APPID = "wx0123456789abcdef";
let clock: FakeClock;
let store: FakeStore;
let locks: FakeLocks;
let api: FakeApi;

beforeEach(() => {
  clock = new FakeClock();
  store = new FakeStore(clock);
  locks = new FakeLocks();
  api = new FakeApi();
});

/** Each one is a process of its own: they share only the store, the locks and the API. */
function newProcess(mode: TokenMode = "stable"): TokenProvider {
  return createTokenProvider({ appid: APPID, mode, store, locks, api, clock });
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

describe("current", () => {
  it("uses the stored token and asks the API nothing", async () => {
    store.put("stored");
    expect(await newProcess().current()).toBe("stored");
    expect(api.calls).toEqual([]);
    expect(locks.names.size).toBe(0);
  });

  it("fetches a token when the store has none, and stores it five minutes short of its lifetime", async () => {
    expect(await newProcess().current()).toBe("token-1");
    expect(api.calls).toEqual([{ mode: "stable", force: false }]);
    expect(store.saves).toEqual([{ appid: APPID, token: "token-1", ttlMs: 6_900_000 }]);
    expect([...locks.names]).toEqual([`token:${APPID}`]);
    expect(locks.held).toBe(false);
  });

  it.each([
    [7200, 6_900_000],
    [310, 31_000],
    [300, 30_000],
    [200, 20_000],
    [1, 100],
  ])("stores a token of %d s for %d ms", async (expiresInSec, ttlMs) => {
    api.answer = async () => ({ token: "short", expiresInSec });
    await newProcess().current();
    expect(store.saves.map((save) => save.ttlMs)).toEqual([ttlMs]);
  });

  it("asks in the mode of the account", async () => {
    await newProcess("basic").current();
    expect(api.calls).toEqual([{ mode: "basic", force: false }]);
  });

  it("keeps the token in memory, without a look at the store, until the stored copy lapses", async () => {
    const tokens = newProcess();
    expect(tokens.cached()).toBeUndefined();
    store.put("stored", 60_000);
    await tokens.current();
    const loads = store.loads;
    clock.advance(59_999);
    expect([tokens.cached(), await tokens.current(), store.loads]).toEqual(["stored", "stored", loads]);
    clock.advance(1);
    expect(tokens.cached()).toBeUndefined();
    expect(await tokens.current()).toBe("token-1");
    expect(tokens.cached()).toBe("token-1");
    clock.advance(6_900_000);
    expect(await tokens.current()).toBe("token-2");
  });

  it("is one call of the API for a hundred callers", async () => {
    const tokens = newProcess();
    const got = await Promise.all(times(100, () => tokens.current()));
    expect(new Set(got)).toEqual(new Set(["token-1"]));
    expect(api.calls).toHaveLength(1);
  });

  it("is one call of the API for twenty processes", async () => {
    const got = await Promise.all(times(20, () => newProcess().current()));
    expect(new Set(got)).toEqual(new Set(["token-1"]));
    expect(api.calls).toHaveLength(1);
    expect(locks.releases).toBe(1);
  });
});

describe("renew", () => {
  it("uses the newer token of the store", async () => {
    const tokens = newProcess();
    store.put("old");
    await tokens.current();
    store.put("newer");
    expect(await tokens.renew("old")).toBe("newer");
    expect(tokens.cached()).toBe("newer");
    expect(api.calls).toEqual([]);
  });

  it("is one refresh, without force, for all callers, early and late", async () => {
    const tokens = newProcess();
    store.put("old");
    await tokens.current();
    const got = await Promise.all(times(50, () => tokens.renew("old")));
    got.push(await tokens.renew("old"));
    expect(new Set(got)).toEqual(new Set(["token-1"]));
    expect(api.calls).toEqual([{ mode: "stable", force: false }]);
  });

  it("is one refresh for twenty processes", async () => {
    store.put("old");
    const processes = times(20, () => newProcess());
    await Promise.all(processes.map((tokens) => tokens.current()));
    const got = await Promise.all(processes.map((tokens) => tokens.renew("old")));
    expect(new Set(got)).toEqual(new Set(["token-1"]));
    expect(api.calls).toHaveLength(1);
  });

  it("returns the refused token when the API gives it again, and asks no more for a second", async () => {
    const tokens = newProcess();
    api.answer = async () => ({ token: "same", expiresInSec: 3600 });
    await tokens.current();
    expect(await tokens.renew("same")).toBe("same");
    expect(await tokens.renew("same")).toBe("same");
    expect(api.calls).toHaveLength(2);
    clock.advance(1001);
    api.answer = async () => ({ token: "different", expiresInSec: 3600 });
    expect(await tokens.renew("same")).toBe("different");
    expect(api.calls).toHaveLength(3);
  });

  it("prefers a newer token of the store to one that was given again", async () => {
    const tokens = newProcess();
    api.answer = async () => ({ token: "same", expiresInSec: 3600 });
    await tokens.current();
    await tokens.renew("same");
    store.put("newer");
    expect(await tokens.renew("same")).toBe("newer");
  });

  it("looks again when a first fetch under way brings the very token that was refused", async () => {
    const tokens = newProcess();
    store.put("old");
    const first = tokens.current();
    const renewed = Promise.all([tokens.renew("old"), tokens.renew("old")]);
    expect(await first).toBe("old");
    expect(await renewed).toEqual(["token-1", "token-1"]);
    expect(api.calls).toHaveLength(1);
  });

  it("takes the token of a first fetch under way when that is not the refused one", async () => {
    const tokens = newProcess();
    const first = tokens.current();
    expect(await tokens.renew("old")).toBe("token-1");
    expect(await first).toBe("token-1");
    expect(api.calls).toHaveLength(1);
  });
});

describe("the lock", () => {
  it("held by a process that stores a token: that token is used", async () => {
    locks.held = true;
    const waiting = newProcess().current();
    await clock.sleep(500);
    store.put("theirs");
    expect(await waiting).toBe("theirs");
    expect(api.calls).toEqual([]);
  });

  it("freed without a token: the waiting process refreshes by itself", async () => {
    locks.held = true;
    const waiting = newProcess().current();
    await clock.sleep(500);
    locks.held = false;
    expect(await waiting).toBe("token-1");
  });

  it("held for more than 45 s: rejects as locked, with a hint", async () => {
    locks.held = true;
    const startedAt = clock.now();
    const error = await newProcess()
      .current()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PushCliError);
    expect(error).toMatchObject({ kind: "locked", hint: expect.stringContaining("expires by itself") });
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(45_000);
    expect(clock.now() - startedAt).toBeLessThan(46_000);
    expect(api.calls).toEqual([]);
  });

  it("got just after its holder stored a token: the API is not asked", async () => {
    const { acquire } = locks;
    locks.acquire = (name) => {
      store.put("just stored");
      return acquire.call(locks, name);
    };
    expect(await newProcess().current()).toBe("just stored");
    expect(api.calls).toEqual([]);
    expect(locks.held).toBe(false);
  });

  it("lost while the API was slow: the token stored meanwhile is used and not written over", async () => {
    api.answer = async () => {
      locks.lost.abort();
      store.put("theirs");
      return { token: "ours", expiresInSec: 7200 };
    };
    expect(await newProcess().current()).toBe("theirs");
    expect(store.saves).toEqual([]);
  });

  it("lost while this process stood still, which no timer has told yet: the same", async () => {
    api.answer = async () => {
      clock.advance(10_000);
      store.put("theirs");
      return { token: "ours", expiresInSec: 7200 };
    };
    expect(await newProcess().current()).toBe("theirs");
    expect(store.saves).toEqual([]);
  });

  it("lost without anybody else's token: ours is stored", async () => {
    api.answer = async () => {
      locks.lost.abort();
      return { token: "ours", expiresInSec: 7200 };
    };
    expect(await newProcess().current()).toBe("ours");
    expect(store.stored?.token).toBe("ours");
  });
});

describe("failures", () => {
  const refused = new PushCliError("credentials", "refused");

  it("of the API reach every caller, free the lock, and the next call tries again", async () => {
    const tokens = newProcess();
    api.answer = async () => {
      throw refused;
    };
    const results = await Promise.allSettled([tokens.current(), tokens.current(), tokens.renew("old")]);
    expect(results.map((result) => result.status === "rejected" && result.reason)).toEqual(
      times(3, () => refused),
    );
    expect(locks.held).toBe(false);
    api.answer = async () => ({ token: "fine", expiresInSec: 7200 });
    expect(await tokens.current()).toBe("fine");
  });

  it("of the API are one call for all callers with the same wish", async () => {
    const tokens = newProcess();
    api.answer = async () => {
      throw refused;
    };
    const results = await Promise.allSettled(times(100, () => tokens.current()));
    expect(results.every((result) => result.status === "rejected")).toBe(true);
    expect(api.calls).toHaveLength(1);
  });

  it("of the store free the lock", async () => {
    const broken = new PushCliError("redis", "gone");
    store.save = async () => {
      throw broken;
    };
    await expect(newProcess().current()).rejects.toBe(broken);
    expect(locks.held).toBe(false);
  });

  it("of the release are reported, but not in place of the API's", async () => {
    const broken = new PushCliError("redis", "gone");
    locks.onRelease = () => {
      throw broken;
    };
    await expect(newProcess().current()).rejects.toBe(broken);
    store.stored = undefined;
    api.answer = async () => {
      throw refused;
    };
    await expect(newProcess().current()).rejects.toBe(refused);
  });
});

describe("show and refresh", () => {
  it("show gives what the store holds and asks nobody", async () => {
    expect(await newProcess().show()).toBeUndefined();
    store.put("stored", 1000);
    expect(await newProcess().show()).toEqual({ token: "stored", expiresAtMs: clock.now() + 1000 });
    expect(api.calls).toEqual([]);
  });

  it("refresh says where the token comes from and until when it is kept", async () => {
    const fromApi = await newProcess().refresh(false);
    expect(fromApi).toEqual({ token: "token-1", expiresAtMs: clock.now() + 6_900_000, source: "api" });
    expect(await newProcess().refresh(false)).toEqual({ ...fromApi, source: "store" });
  });

  it("refresh with force asks the API with force, whatever the store holds", async () => {
    store.put("stored");
    const tokens = newProcess();
    await tokens.current();
    expect(await tokens.refresh(true)).toMatchObject({ token: "token-1", source: "api" });
    expect(api.calls).toEqual([{ mode: "stable", force: true }]);
    expect(tokens.cached()).toBe("token-1");
    expect(store.stored?.token).toBe("token-1");
  });

  it("refresh with force waits for the lock and does not take the token of its holder", async () => {
    locks.held = true;
    const waiting = newProcess().refresh(true);
    await clock.sleep(500);
    store.put("theirs");
    locks.held = false;
    expect(await waiting).toMatchObject({ token: "token-1", source: "api" });
    expect(api.calls).toEqual([{ mode: "stable", force: true }]);
  });
});
