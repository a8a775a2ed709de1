import { usageError } from "../errors.ts";

/** What the API does during an outage; nothing is delivered meanwhile. */
export const OUTAGE_KINDS = {
  "502": "HTTP 502 with an HTML body",
  html: "HTTP 200 with the page of a captive portal",
  garbage: "HTTP 200 with a body that is not JSON",
  busy: "errcode -1",
  reset: "connections reset",
  silent: "requests taken and never answered",
  refuse: "connections refused: nothing listens, nor answers under /sandbox/",
} as const;
export type OutageKind = keyof typeof OUTAGE_KINDS;

export interface Outage {
  /** When it begins: this many ms after the first request to the API, or after this many sends. */
  after: { ms: number } | { sends: number };
  forMs: number;
  kind: OutageKind;
  /** Only the token endpoints are down. */
  tokenOnly: boolean;
}

const HINT = `write it as after:for or after:for:kind, such as 5s:60s or 1000:10s:token-502: after a time, or a number of sends; the kinds are ${Object.keys(OUTAGE_KINDS).join(", ")}, and token-<kind> for the token endpoints alone`;

/** Reads "5s:60s", "1000:60s:reset" or "0:5s:token-busy"; the kind defaults to 502. Throws a usage error. */
export function parseOutage(text: string): Outage {
  const [after = "", duration = "", kind = "502", ...rest] = text.split(":");
  const sends = /^\d{1,9}$/.test(after) ? Number(after) : undefined;
  const afterMs = sends === undefined ? parseTime(after) : 0;
  const forMs = parseTime(duration);
  const [, prefix, name = ""] = /^(token-)?(.*)$/.exec(kind) ?? [];
  if (afterMs === undefined || forMs === undefined || rest.length > 0 || !isKind(name))
    throw usageError(`"${text}" is not an outage`, HINT);
  const tokenOnly = prefix !== undefined;
  if (tokenOnly && name === "refuse")
    throw usageError(`"${text}" is not an outage: the token endpoints share the port`, HINT);
  return { after: sends === undefined ? { ms: afterMs } : { sends }, forMs, kind: name, tokenOnly };
}

function isKind(name: string): name is OutageKind {
  return Object.hasOwn(OUTAGE_KINDS, name);
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000 } as const;

function parseTime(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** Decides for each request whether the API is down. */
export class OutageWatch {
  /** Called when the server should not listen for this many ms. */
  onRefuse = (_forMs: number) => {};
  readonly #now: () => number;
  #outage: Outage | undefined;
  #firstAt: number | undefined;
  #sends = 0;
  #endsAt: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Starts counting now; undefined: no outage. */
  set(outage: Outage | undefined): void {
    this.#outage = outage;
    this.#firstAt = undefined;
    this.#sends = 0;
    this.#endsAt = undefined;
  }

  /** The outage that a request of this kind meets now. */
  meet(endpoint: "send" | "token" | "account"): OutageKind | undefined {
    const outage = this.#outage;
    if (!outage) return undefined;
    const now = this.#now();
    this.#firstAt ??= now;
    if (this.#endsAt === undefined && this.#isDue(outage, now)) {
      this.#endsAt = now + outage.forMs;
      if (outage.kind === "refuse") this.onRefuse(outage.forMs);
    }
    if (endpoint === "send") this.#sends++;
    if (this.#endsAt === undefined || now >= this.#endsAt) return undefined;
    return outage.tokenOnly && endpoint !== "token" ? undefined : outage.kind;
  }

  #isDue({ after }: Outage, now: number): boolean {
    return "sends" in after ? this.#sends >= after.sends : now - this.#firstAt! >= after.ms;
  }
}
