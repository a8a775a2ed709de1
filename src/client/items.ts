/** A code as it waits in storage. `at`: the device's clock when it was collected, epoch ms. */
export interface CodeItem {
  formId: string;
  report?: undefined;
  templates?: undefined;
  at: number;
  /** It was collected by an earlier run of the app. */
  old?: 1;
}

/** The result of a prompt, or of a form that subscribes, as it waits in storage. `report`: its random id, the same over all retries. */
export interface ReportItem {
  formId?: undefined;
  report: string;
  templates: Record<string, string>;
  /** Of a form of Baidu's; it has one template. */
  subscribeId?: string | undefined;
  at: number;
  old?: 1;
}

export type Item = CodeItem | ReportItem;

/** Platforms take a formId for 7 days. */
const LIFE_MS = 7 * 86_400_000;

/**
 * Whether it is too old to be of use. A run of an app never lasts for days, so what this run has collected is not too old
 * whatever the clock says: the clock was put forward.
 */
export function isOver(item: Item, nowMs: number): boolean {
  return !!item.old && nowMs - item.at >= LIFE_MS;
}

/** The codes or the one result to report next: the head of the queue, with the codes behind it, at most `limit`. */
export function nextItems(items: readonly Item[], limit: number): Item[] {
  return Object(items[0]).formId ? items.filter((item) => item.formId).slice(0, limit) : items.slice(0, 1);
}

/**
 * The body of a report of what `nextItems` gave. Ages, not dates: the collector trusts no clock but its own. An age is 0 when
 * the clock was put back or forward since.
 */
export function writeReport(items: readonly Item[], nowMs: number): object {
  const bodies = items.map((item) => {
    const { formId, report, templates, subscribeId } = item as CodeItem & ReportItem;
    const age = Math.floor(nowMs - item.at);
    return { formId, report, templates, subscribeId, ageMs: age > 0 && age < LIFE_MS ? age : 0 };
  });
  return items[0]!.formId ? { codes: bodies } : bodies[0]!;
}
