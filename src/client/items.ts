/** A code waiting in storage. `at`: the device's clock when it was collected, epoch ms. */
export interface CodeItem {
  formId: string;
  report?: undefined;
  templates?: undefined;
  at: number;
  /** It was collected by an earlier run of the app. */
  old?: 1;
}

/**
 * The result of a prompt, or of a subscribing form, waiting in storage. `report`: its random id, the same over all retries.
 */
export interface ReportItem {
  formId?: undefined;
  report: string;
  templates: Record<string, string>;
  /** For a Baidu form, which has one template. */
  subscribeId?: string | undefined;
  at: number;
  old?: 1;
}

export type Item = CodeItem | ReportItem;

/** Platforms accept a formId for 7 days. */
const LIFE_MS = 7 * 86_400_000;

/**
 * Whether it is too old to be useful. An app never runs for days, so an item collected in this run is not too old whatever
 * the clock says: then the clock was put forward.
 */
export function isOver(item: Item, nowMs: number): boolean {
  return !!item.old && nowMs - item.at >= LIFE_MS;
}

/** The codes or the one result to report next: the head of the queue, with the codes after it, at most `limit`. */
export function nextItems(items: readonly Item[], limit: number): Item[] {
  return Object(items[0]).formId ? items.filter((item) => item.formId).slice(0, limit) : items.slice(0, 1);
}

/**
 * The body of a report of the items from `nextItems`. Ages, not dates: the collector trusts only its own clock. An age is 0
 * when the clock was put back or forward since.
 */
export function writeReport(items: readonly Item[], nowMs: number): object {
  const bodies = items.map((item) => {
    const { formId, report, templates, subscribeId } = item as CodeItem & ReportItem;
    const age = Math.floor(nowMs - item.at);
    return { formId, report, templates, subscribeId, ageMs: age > 0 && age < LIFE_MS ? age : 0 };
  });
  return items[0]!.formId ? { codes: bodies } : bodies[0]!;
}
