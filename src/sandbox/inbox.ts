import { isObject, parseJson } from "./json.ts";

/** A message as a user has it. */
export interface Received {
  /** ISO 8601. */
  at: string;
  openId: string;
  templateId: string;
  /** Where it leads: a page of the mini program, or a URL; null for nowhere. */
  page: string | null;
  /** What is written in its fields. */
  data: Record<string, string>;
}

/** How many messages are kept. */
export const INBOX_SIZE = 1000;

/** The newest messages that reached users. Bodies are taken apart only when somebody looks. */
export class Inbox {
  readonly #now: () => number;
  readonly #kept: { atMs: number; openId: string; body: () => unknown }[] = [];
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `body`: the message in the platform's own form. */
  add(openId: string, body: () => unknown): void {
    this.#kept[this.#count % INBOX_SIZE] = { atMs: this.#now(), openId, body };
    this.#count += 1;
  }

  /** The newest first. `openId`: of one user. */
  list({ openId, limit }: { openId?: string | undefined; limit: number }): Received[] {
    const oldest = this.#count % this.#kept.length || 0;
    return [...this.#kept.slice(oldest), ...this.#kept.slice(0, oldest)]
      .filter((one) => openId === undefined || one.openId === openId)
      .reverse()
      .slice(0, limit)
      .map(({ atMs, openId: to, body }) => ({
        at: new Date(atMs).toISOString(),
        openId: to,
        ...readBody(body()),
      }));
  }
}

/** Field by field: a sender's mistake (a token in the body) is not repeated. The names are those of all platforms. */
function readBody(body: unknown): Pick<Received, "templateId" | "page" | "data"> {
  const { template_id, user_template_id, page, miniprogram, url, data } = isObject(body) ? body : {};
  const leads = [page, isObject(miniprogram) ? miniprogram.pagepath : undefined, url].find(isFilled);
  const fields = typeof data === "string" ? parseJson(data) : data;
  return {
    templateId: [template_id, user_template_id].find(isFilled) ?? "",
    page: leads ?? null,
    data: Object.fromEntries(
      Object.entries(isObject(fields) ? fields : {}).map(([name, field]) => [
        name,
        isObject(field) ? String(field.value) : "",
      ]),
    ),
  };
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
