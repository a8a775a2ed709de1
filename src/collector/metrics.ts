import type { Counter, Gauge, Histogram } from "prom-client";

/** What `/metrics` tells. Labels are of fixed sets: none holds anything that was sent. */
export interface Metrics {
  requests: Counter<"route" | "status">;
  seconds: Histogram<"route">;
  codes: Counter<"fate" | "reason">;
  consents: Counter<"source" | "fate">;
  callbacks: Counter<"kind" | "fate">;
  /** 1 while Redis answers. */
  redisUp: Gauge;
  contentType: string;
  /** All of them in the text format of Prometheus. */
  render(): Promise<string>;
}

const BUCKETS_SEC = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** In a registry of its own, with those of the process. */
export async function openMetrics(): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import("prom-client");
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `push_cli_collector_${name}`, help, labelNames, registers });
  return {
    requests: counter("reports_total", "Requests by route and status.", ["route", "status"]),
    seconds: new Histogram({
      name: "push_cli_collector_request_seconds",
      help: "Time from a request's headers to the end of its answer.",
      labelNames: ["route"],
      buckets: BUCKETS_SEC,
      registers,
    }),
    codes: counter("codes_total", "Reported codes by what became of them.", ["fate", "reason"]),
    consents: counter("consents_total", "Consents by who told of them and what became of them.", [
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
