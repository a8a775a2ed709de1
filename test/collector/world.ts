import { SignJWT } from "jose";
import { expect, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { CollectorOptions } from "../../src/collector/options.ts";
import type { CallbackEvent } from "../../src/collector/ports.ts";
import { type RunningCollector, startCollector } from "../../src/collector/server.ts";
import { faultsOf } from "../helpers/documents.ts";
import { createMemoryBooks, type MemoryBooks } from "../helpers/memory-books.ts";
import { hashOf, SECRET } from "./test-reader.ts";

export { SECRET };
export const LIFE_MS = 3 * 86_400_000;

/** A clock that a test can put forward; waiting takes its real time. */
export interface TestClock extends Clock {
  skewMs: number;
}

export function createClock(): TestClock {
  const clock: TestClock = {
    ...systemClock,
    skewMs: 0,
    now: () => systemClock.now() + clock.skewMs,
    monotonic: () => systemClock.monotonic() + clock.skewMs,
  };
  return clock;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the collector answers
  json: any;
}

export interface World {
  url: string;
  books: MemoryBooks;
  clock: TestClock;
  log: Record<string, unknown>[];
  collector: RunningCollector;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** A report of a user with a good token. */
  report(openId: string, path: string, body: unknown): Promise<Answer>;
}

/** A collector of a test's own, on a port of its own; what is given stands above what is usual. */
export async function startWorld(given: Partial<CollectorOptions> = {}): Promise<World> {
  const clock = createClock();
  const books = createMemoryBooks({ now: () => clock.now() });
  const log: Record<string, unknown>[] = [];
  const collector = await startCollector({
    listen: { host: "127.0.0.1", port: 0 },
    books,
    session: { secret: SECRET, lifeMs: LIFE_MS },
    consents: "both",
    clock,
    log: (record) => log.push(record),
    shortIds: true,
    ...given,
  });
  onTestFinished(async () => {
    await collector.stop();
    expect(log.flatMap((record) => faultsOf("collector-log", record))).toEqual([]);
  });
  const url = collector.address;
  const ask = async (path: string, init?: RequestInit) => toAnswer(await fetch(url + path, init));
  const report = async (openId: string, path: string, body: unknown) =>
    ask(path, post(body, `Bearer ${await signToken(openId)}`));
  return { url, books, clock, log, collector, ask, report };
}

export async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get("content-type")?.startsWith("application/json");
  return { status, headers, text, json: isJson && text !== "" ? JSON.parse(text) : undefined };
}

/** A request with a JSON body; text goes as it is. */
export function post(body: unknown, authorization?: string): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** As a backend does that signs tokens itself. */
export function signToken(
  sub: string,
  claims: Record<string, unknown> = {},
  secret = SECRET,
): Promise<string> {
  const nowSec = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub, iat: nowSec, exp: nowSec + 3600, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(secret);
}

/** A signed push of events. */
export function push(world: World, events: CallbackEvent[] | string): Promise<Answer> {
  const body = typeof events === "string" ? events : JSON.stringify(events);
  return world.ask(`/callback?signature=${hashOf(body)}`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body,
  });
}
