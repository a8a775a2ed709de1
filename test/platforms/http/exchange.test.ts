import { expect, it } from "vitest";
import { Deadlines } from "../../../src/platforms/http/deadlines.ts";
import { Exchange, type HttpReply } from "../../../src/platforms/http/exchange.ts";

const LIMITS = {
  host: "h",
  timeoutMs: 1000,
  connectMs: 1000,
  deadlineMs: 2000,
  deadlines: new Deadlines(2000, 1000),
  maxBytes: 1024,
};

/** undici 7 never does this to a POST with pipelining 1; this holds should a later one do. */
it("a request that undici starts a second time is aborted before it is written, and counts as sent", async () => {
  const aborted: number[] = [];
  const reply = await new Promise<HttpReply>((resolve) => {
    const exchange = new Exchange(LIMITS, resolve);
    const controller = (start: number) => ({
      aborted: false,
      paused: false,
      reason: null,
      pause() {},
      resume() {},
      abort(reason: Error) {
        aborted.push(start);
        exchange.onResponseError(undefined, reason);
      },
    });
    exchange.onRequestStart(controller(1));
    exchange.onRequestStart(controller(2));
  });
  expect(aborted).toEqual([2]);
  expect(reply).toMatchObject({ kind: "failure", sent: true });
});
