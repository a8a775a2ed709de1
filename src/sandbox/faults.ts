import { usageError } from "../errors.ts";

/** What can go wrong with a send, and whether the message reaches the user nevertheless. */
export const FAULT_KINDS = {
  busy: "errcode -1, not delivered",
  "busy-delivered": "errcode -1 although delivered",
  "5xx": "HTTP 502 with an HTML body, not delivered",
  "5xx-after": "HTTP 502 with an HTML body although delivered",
  reset: "connection reset, not delivered",
  "reset-after": "connection reset although delivered",
  slow: "delivered, but the answer comes late (15 s unless set)",
  garbage: "HTTP 200 with a body that is not JSON, not delivered",
  "garbage-after": "HTTP 200 with a body that is not JSON although delivered",
  "token-expiry": "every access token expires: errcode 42001, not delivered",
  "minute-quota": "errcode 45011, not delivered",
  "day-quota": "errcode 45009, not delivered; every later send too, until a reset",
  withdrawn: "errcode 45103 (API withdrawn), not delivered",
  unlisted: "errcode 99999, which no table lists; not delivered",
  later: "errcode 43108, another send to the user is under way; not delivered",
  truncated: "delivered, but the answer breaks off in the middle of its body",
} as const;

/** An additional kind, not in FAULT_KINDS: any errcode, not delivered. */
export const ERRCODE_FAULT = "errcode-<n>";

export type NamedFaultKind = keyof typeof FAULT_KINDS;
export type FaultKind = NamedFaultKind | `errcode-${number}`;

export interface Fault {
  kind: FaultKind;
  /** Probability per send request, 0 to 100. */
  percent: number;
}

/** Reads "busy:5" or "reset-after:0.5%". Throws a usage error that lists the kinds. */
export function parseFault(text: string): Fault {
  const colon = text.indexOf(":");
  if (colon < 0)
    throw usageError(`fault "${text}" has no percentage`, "write it as kind:percent, e.g. busy:5");
  return {
    kind: parseKind(text.slice(0, colon).trim()),
    percent: parsePercent(text, text.slice(colon + 1).trim()),
  };
}

export function renderFault(fault: Fault): string {
  return `${fault.kind}:${fault.percent}`;
}

/** The errcode of an `errcode-<n>` fault, undefined for the named kinds. */
export function errcodeOf(kind: string): number | undefined {
  const digits = /^errcode-(-?[0-9]{1,9})$/.exec(kind)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function parseKind(kind: string): FaultKind {
  if (Object.hasOwn(FAULT_KINDS, kind)) return kind as NamedFaultKind;
  const errcode = errcodeOf(kind);
  // errcode 0 without a delivery is not a fault to test with, because no sender could notice it.
  if (errcode !== undefined && errcode !== 0) return `errcode-${errcode}`;
  const kinds = [...Object.keys(FAULT_KINDS), ERRCODE_FAULT].join(", ");
  throw usageError(`unknown fault "${kind}"`, `the kinds are ${kinds}`);
}

function parsePercent(text: string, percent: string): number {
  const number = /^(\d+(\.\d*)?|\.\d+)\s*%?$/.test(percent) ? Number.parseFloat(percent) : Number.NaN;
  if (number >= 0 && number <= 100) return number;
  throw usageError(
    `fault "${text}": "${percent}" is not a percentage`,
    "give a number from 0 to 100, e.g. busy:0.5",
  );
}
