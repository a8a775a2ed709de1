import { formatCount, formatDuration, formatRate, formatShare } from "../../output/format.ts";
import type { Progress } from "../../output/output.ts";
import { countPools } from "../count-pools.ts";
import type { Deps } from "../deps.ts";

/** How far a sweep over the pools is: count, share, rate, ETA. */
export interface ReadProgress {
  /** `done` pools so far; `more` is said behind it. */
  update(done: number, more?: string): void;
  readonly end: Progress["done"];
}

/** `total`: how many pools there are, where that is known. */
export function readProgress({ out, clock }: Deps, total?: number): ReadProgress {
  const progress = out.progress();
  const startedMs = clock.monotonic();
  return {
    update: (done, more) => {
      const elapsedMs = clock.monotonic() - startedMs;
      progress.update(() => describe(done, total, elapsedMs, more));
    },
    end: progress.done,
  };
}

/** Before that, a rate would be a guess. */
const FIRST_RATE_MS = 500;

function describe(done: number, total: number | undefined, elapsedMs: number, more?: string): string {
  const perSecond = elapsedMs >= FIRST_RATE_MS ? (done / elapsedMs) * 1000 : undefined;
  const parts = [
    total === undefined ? `${formatCount(done)} pools` : `${formatCount(done)}/${formatCount(total)} pools`,
  ];
  if (total !== undefined) parts.push(formatShare(Math.min(done, total), total));
  if (perSecond !== undefined) parts.push(formatRate(perSecond));
  if (perSecond !== undefined && total !== undefined && done < total)
    parts.push(`ETA ${formatDuration(((total - done) / perSecond) * 1000)}`);
  if (more !== undefined) parts.push(more);
  return parts.join("  ");
}

/**
 * How many pools there are, for the share and the ETA of a live line. Undefined where there is none: counting by SCAN
 * costs Redis about a tenth of reading, and a log can do without.
 */
export async function countForProgress(deps: Deps, match?: string): Promise<number | undefined> {
  if (deps.out.quiet || deps.io.stderr.isTTY !== true) return undefined;
  return countPools(deps, "pools", match);
}
