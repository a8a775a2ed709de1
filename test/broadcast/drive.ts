import { startBroadcast } from "../../src/broadcast/broadcast.ts";
import type { BroadcastDeps } from "../../src/broadcast/deps.ts";
import type { EngineOptions } from "../../src/broadcast/engine-options.ts";
import { DEFAULT_MAX_ERRORS } from "../../src/broadcast/guard.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { Run } from "../../src/broadcast/run.ts";
import type { Schedule } from "../../src/broadcast/schedule.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import { createTokenProvider } from "../../src/token/provider.ts";
import type { CliResult } from "../helpers/cli.ts";
import { createSender, createTokenApi } from "../platforms/open.ts";
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

/** A run's dependencies below the command line, over this world; whoever opens them closes them. */
export async function openRunDeps(
  world: World,
  {
    clock = systemClock,
    reconnectMs,
    concurrency = 16,
  }: { clock?: Clock; reconnectMs?: number | undefined; concurrency?: number },
): Promise<{ deps: BroadcastDeps; opened: OpenStores; close(): Promise<void> }> {
  const opened = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: world.redis.url,
    shownUrl: world.redis.url,
    clock,
    reconnectMs,
  });
  const sender = await createSender({
    apiBase: world.sandbox.url,
    concurrency,
    timeoutMs: 2000,
    message: MESSAGE,
  });
  const deps: BroadcastDeps = {
    ...portsOf(opened),
    sender,
    tokens: await createTokens(world, opened, clock),
    clock,
    // Of no process, so that a resume need not wait for a heartbeat to lapse.
    self: { host: "test-host", pid: 2 ** 30 },
    user: "tester",
    fateOf: () => "alive",
  };
  const close = async () => {
    await sender.close();
    opened.close();
  };
  return { deps, opened, close };
}

export const MESSAGE = { templateId: TEMPLATE, fields: [] };

/** What a command line sets. */
export function engineOptions(options: Partial<EngineOptions> = {}): EngineOptions {
  return {
    concurrency: 16,
    maxErrors: DEFAULT_MAX_ERRORS,
    maxAttempts: 6,
    // In the time of a hurried clock too, longer than the requests take.
    drainMs: 200_000,
    ...options,
  };
}

/** A broadcast below the command line, for what a command line can't set: the clock, and how long to wait for Redis. */
export async function drive(
  world: World,
  {
    clock = systemClock,
    reconnectMs,
    onStart = () => {},
    ports = {},
    schedule,
    ...engine
  }: {
    clock?: Clock;
    reconnectMs?: number;
    onStart?(run: Run): void;
    ports?: Partial<BroadcastDeps>;
    schedule?: Schedule;
  } & Partial<EngineOptions>,
): Promise<Driven> {
  const concurrency = engine.concurrency ?? 16;
  const { deps, close } = await openRunDeps(world, { clock, reconnectMs, concurrency });
  try {
    const { result, run } = await startBroadcast(
      { ...deps, ...ports, onStart: (_, started) => onStart(started) },
      {
        appid: "wx-sandbox",
        apiBase: world.sandbox.url,
        channel: "wechat-template",
        message: MESSAGE,
        audience: { kind: "pools" },
        schedule,
        engine: engineOptions({ ...engine, concurrency }),
      },
    );
    return { result, run, json: <T>() => result as T };
  } finally {
    await close();
  }
}

function portsOf({ stores }: OpenStores) {
  return {
    store: stores.broadcasts,
    sweepPools: () => stores.pools.sweep(),
    sweepLedgers: () => stores.sweepLedgers(),
    openLedger: stores.ledger,
    lookAtMemory: stores.lookAtMemory,
  };
}

async function createTokens(world: World, { tokens }: OpenStores, clock: Clock) {
  const api = await createTokenApi({
    apiBase: world.sandbox.url,
    appid: "wx-sandbox",
    appsecret: "sandbox-secret",
    clock,
  });
  return createTokenProvider({ ...tokens, appid: "wx-sandbox", mode: "stable", api, clock });
}
