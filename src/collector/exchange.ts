import type { IncomingHttpHeaders } from "node:http";

/** One request without its body, and what is recorded about it while it is answered. */
export interface Exchange {
  method: string;
  /** Including the "?"; "" if there is none. */
  search: string;
  headers: IncomingHttpHeaders;
  notes: Notes;
}

/** For the log and the metrics. */
export interface Notes {
  startedMs: number;
  /** The path from the table of routes, never the one that was sent. */
  route: string;
  /** The user of the request. */
  openId?: string;
  /** Why it was refused. */
  code?: string;
  /** Kinds of the events of a callback. */
  callback?: string;
  counts?: Record<string, number>;
}

export interface Answer {
  status: number;
  contentType: string;
  body: string | Buffer;
  headers?: Readonly<Record<string, string>>;
}

/** The handler of a path. Anything its functions throw other than `RequestRefused` is a bug. */
export interface Route {
  method: "GET" | "POST";
  path: string;
  /** A body of another Content-Type is refused before it is read. */
  isJson?: boolean;
  /** Checks the right to the request, before the body is read. */
  admit?(exchange: Exchange): void | Promise<void>;
  /** `body`: empty if there is none. */
  answer(exchange: Exchange, body: Buffer): Answer | Promise<Answer>;
}

export function jsonAnswer(value: unknown, status = 200, headers?: Record<string, string>): Answer {
  const answer = { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
  return headers === undefined ? answer : { ...answer, headers };
}
