import { startBroadcast } from "../../src/broadcast/broadcast.ts";
import type { EngineOptions } from "../../src/broadcast/engine-options.ts";
import { DEFAULT_MAX_ERRORS } from "../../src/broadcast/guard.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import { createTokenProvider } from "../../src/token/provider.ts";
import { createSender } from "../../src/wechat/sender.ts";
import { createTokenApi } from "../../src/wechat/token-api.ts";
import type { CliResult } from "../helpers/cli.ts";
import { TEMPLATE, type World } from "./world.ts";

/** The system's clock, so many times as fast; wall time starts at `startMs`. */
export function hurriedClock(times: number, startMs = Date.now()): Clock {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) * times;
  return {
    now: () => Math.floor(startMs + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
    random: Math.random,
  };
}

export interface Driven extends Pick<CliResult, "json"> {
  result: BroadcastResult;
  run: Run;
}

/** A broadcast below the command line, for what a command line can't set: the clock, and how long to wait for Redis. */
export async function drive(
  world: World,
  {
    clock = systemClock,
    reconnectMs,
    onStart = () => {},
    ...engine
  }: { clock?: Clock; reconnectMs?: number; onStart?(run: Run): void } & Partial<EngineOptions>,
): Promise<Driven> {
  const opened = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: world.redis.url,
    shownUrl: world.redis.url,
    clock,
    reconnectMs,
  });
  const message = { templateId: TEMPLATE, keywords: [] };
  const concurrency = engine.concurrency ?? 16;
  const sender = await createSender({ apiBase: world.sandbox.url, concurrency, timeoutMs: 2000, message });
  try {
    const { result, run } = await startBroadcast(
      {
        ...portsOf(opened),
        sender,
        tokens: createTokens(world, opened, clock),
        clock,
        host: "test-host",
        // Of no process, so that a resume need not wait for a heartbeat to lapse.
        pid: 2 ** 30,
        user: "tester",
        isRunning: () => true,
        onStart: (_, started) => onStart(started),
      },
      {
        appid: "wx-sandbox",
        apiBase: world.sandbox.url,
        message,
        audience: { kind: "pools" },
        engine: {
          concurrency,
          maxErrors: DEFAULT_MAX_ERRORS,
          maxAttempts: 6,
          // In the time of a hurried clock too, longer than the requests take.
          drainMs: 200_000,
          ...engine,
        },
      },
    );
    return { result, run, json: <T>() => result as T };
  } finally {
    await sender.close();
    opened.close();
  }
}

function portsOf({ stores }: OpenStores) {
  return {
    store: stores.broadcasts,
    sweepPools: () => stores.pools.sweep(),
    sweepLedgers: () => stores.sweepLedgers(),
    openLedger: stores.ledger,
  };
}

function createTokens(world: World, { tokens }: OpenStores, clock: Clock) {
  const api = createTokenApi({
    apiBase: world.sandbox.url,
    appid: "wx-sandbox",
    appsecret: "sandbox-secret",
    timeoutMs: 2000,
    clock,
  });
  return createTokenProvider({ ...tokens, appid: "wx-sandbox", mode: "stable", api, clock });
}
