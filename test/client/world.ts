import { afterEach, beforeEach, vi } from "vitest";
import {
  type Collector,
  type CollectorOptions,
  createCollector,
  type Problem,
} from "../../src/client/index.ts";
import { type CollectorServer, startCollectorServer } from "./collector-server.ts";
import { FakePhone } from "./fake-wx.ts";

export const DAY = 86_400_000;

/** A phone, a collector's server and a clock for each test. Timers stand still until `pass`. */
export function useClientWorld() {
  let run: { kill(): void } | undefined;
  const world = {
    phone: undefined as unknown as FakePhone,
    server: undefined as unknown as CollectorServer,
    nowMs: 0,
    problems: [] as Problem[],

    /** Starts the app, in the place of the one that ran. */
    open(options: Partial<CollectorOptions> = {}): Collector {
      run?.kill();
      const started = world.phone.start();
      run = started;
      const onProblem = (problem: Problem) => world.problems.push(problem);
      const { url } = world.server;
      return createCollector({ url, api: started.api, onProblem, now: () => world.nowMs, ...options });
    },

    /** Lets time go by, and what it sets off. */
    async pass(collector: Collector, ms: number): Promise<void> {
      world.nowMs += ms;
      vi.advanceTimersByTime(ms);
      await collector.flush();
      await world.phone.settle();
    },

    /** Kinds of problems that were told of. */
    told: () => [...new Set(world.problems.map(({ what }) => what))],
  };

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    world.phone = new FakePhone();
    world.server = await startCollectorServer();
    world.nowMs = Date.UTC(2026, 0, 1);
    world.problems = [];
  });
  afterEach(async () => {
    run?.kill();
    vi.useRealTimers();
    vi.restoreAllMocks();
    await world.server.stop();
  });
  return world;
}
