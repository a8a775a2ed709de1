import type { Collector } from "./collector.ts";

export type { MiniProgramApi } from "./api.ts";
export { type Collector, type CollectorOptions, createCollector } from "./collector.ts";
export type { ConsentOptions, ConsentResult } from "./consents.ts";
export type { Problem } from "./problem.ts";

let current: Collector | undefined;

/**
 * Sets the app's collector: `<push-button>` passes its codes to it unless it has another one. Call it once, in
 * `app.js`.
 */
export function setCollector(collector: Collector | undefined): void {
  current = collector;
}

export function getCollector(): Collector | undefined {
  return current;
}
