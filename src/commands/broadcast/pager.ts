/** Puts single things together to pages, each for one call to Redis. */
export interface Pager<T> {
  readonly count: number;
  /** `chars`: how long its text is. */
  add(item: T, chars: number): Promise<void>;
  /** Hands on what is left. */
  end(): Promise<void>;
}

const MAX_ITEMS = 1000;
const MAX_CHARS = 256 * 1024;

export function createPager<T>(onPage: (items: T[]) => Promise<void>): Pager<T> {
  let items: T[] = [];
  let held = 0;
  let count = 0;
  const flush = async () => {
    const page = items;
    items = [];
    held = 0;
    if (page.length > 0) await onPage(page);
  };
  return {
    get count() {
      return count;
    },
    add: async (item, chars) => {
      items.push(item);
      count++;
      held += chars;
      if (items.length >= MAX_ITEMS || held >= MAX_CHARS) await flush();
    },
    end: flush,
  };
}
