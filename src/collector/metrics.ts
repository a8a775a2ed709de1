import type { Gauge } from "prom-client";

/** A counter with labels. */
export interface Tally<L extends string> {
  inc(labels: Readonly<Record<L, string | number>>): void;
}

/** The contents of `/metrics`. Labels come from fixed sets: none holds anything that was sent. */
export interface Metrics {
  requests: Tally<"route" | "status">;
  /** Records the duration of a request. */
  took(route: string, seconds: number): void;
  codes: Tally<"fate" | "reason">;
  consents: Tally<"source" | "fate">;
  callbacks: Tally<"kind" | "fate">;
  /** 1 while Redis answers. */
  redisUp: Gauge;
  contentType: string;
  /** All metrics in the text format of Prometheus. */
  render(): Promise<string>;
}

const BUCKETS_SEC = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** In a registry of its own, together with those of the process. */
export async function openMetrics(): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import("prom-client");
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: [L, L]) => {
    const tally = createTally(labelNames);
    new Counter({
      name: `push_cli_collector_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, count] of tally.counts()) this.inc(labels, count);
      },
    });
    return tally;
  };
  const seconds = new Histogram({
    name: "push_cli_collector_request_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labelNames: ["route"],
    buckets: BUCKETS_SEC,
    registers,
  });
  const ofRoute = kept((route: string) => seconds.labels(route));
  return {
    requests: counter("requests_total", "Requests by route and status.", ["route", "status"]),
    took: (route, sec) => ofRoute(route).observe(sec),
    codes: counter("codes_total", "Reported codes by what became of them.", ["fate", "reason"]),
    consents: counter("consents_total", "Consents by their source and what became of them.", [
      "source",
      "fate",
    ]),
    callbacks: counter("callbacks_total", "Events of the platform by kind and what became of them.", [
      "kind",
      "fate",
    ]),
    redisUp: new Gauge({
      name: "push_cli_collector_redis_up",
      help: "Whether Redis answered when it was last asked.",
      registers,
    }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

type Label = string | number;

/** Counts in plain maps, which takes a fraction of the time that the library's own lookup by labels takes. */
function createTally<L extends string>([one, two]: readonly [L, L]) {
  const byFirst = new Map<Label, Map<Label, number>>();
  return {
    inc(labels: Readonly<Record<L, Label>>): void {
      const first = labels[one];
      let bySecond = byFirst.get(first);
      if (bySecond === undefined) {
        bySecond = new Map();
        byFirst.set(first, bySecond);
      }
      bySecond.set(labels[two], (bySecond.get(labels[two]) ?? 0) + 1);
    },
    *counts(): Generator<[labels: Record<L, Label>, count: number]> {
      for (const [first, bySecond] of byFirst)
        for (const [second, count] of bySecond)
          yield [{ [one]: first, [two]: second } as Record<L, Label>, count];
    },
  };
}

/** Caches the result of `make` for each value. */
function kept<K, T>(make: (value: K) => T): (value: K) => T {
  const made = new Map<K, T>();
  return (value) => {
    let found = made.get(value);
    if (found === undefined) {
      found = make(value);
      made.set(value, found);
    }
    return found;
  };
}
