import type { Collector } from "./collector.ts";

export type { MiniProgramApi } from "./api.ts";
export { type Collector, type CollectorOptions, createCollector } from "./collector.ts";
export type { ConsentOptions, ConsentResult } from "./consents.ts";
export type { Problem } from "./problem.ts";

let current: Collector | undefined;

/** Names the app's collector: `<push-button>` gives its codes to it where it has no other. Once, in `app.js`. */
export function setCollector(collector: Collector | undefined): void {
  current = collector;
}

export function getCollector(): Collector | undefined {
  return current;
}
