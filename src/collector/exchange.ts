import type { IncomingHttpHeaders } from "node:http";

/** One request without its body, and what is noted of it while it is answered. */
export interface Exchange {
  method: string;
  /** With the "?"; "" for none. */
  search: string;
  headers: IncomingHttpHeaders;
  notes: Notes;
}

/** For the log and the metrics. */
export interface Notes {
  startedMs: number;
  /** The path as it stands in the table of routes, never as it was sent. */
  route: string;
  /** Whose it is. */
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

/** What is answered at a path. Whatever its functions throw that is not `RequestRefused` is a defect. */
export interface Route {
  method: "GET" | "POST";
  path: string;
  /** A body of another Content-Type is refused before it is read. */
  isJson?: boolean;
  /** Who may ask: before the body is read. */
  admit?(exchange: Exchange): void | Promise<void>;
  /** `body`: empty where there is none. */
  answer(exchange: Exchange, body: Buffer): Answer | Promise<Answer>;
}

export function jsonAnswer(value: unknown, status = 200, headers?: Record<string, string>): Answer {
  const answer = { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
  return headers === undefined ? answer : { ...answer, headers };
}
