import { expect, it, vi } from "vitest";
import type { MiniProgramApi } from "../../src/client/index.ts";
import { useClientWorld } from "./world.ts";

const world = useClientWorld();

it("calls the app's request as it was called, and reports along the way", async () => {
  const collector = world.open();
  collector.add("a");
  const request = vi.fn(function (this: unknown, options: { url: string }) {
    return { self: this, url: options.url };
  });
  const wx = { request: collector.wrapRequest(request) };
  expect(wx.request({ url: "https://example.com" })).toEqual({ self: wx, url: "https://example.com" });
  expect(request).toHaveBeenCalledTimes(1);
  while (world.server.pool.size === 0) await world.phone.settle();
  expect([...world.server.pool.keys()]).toEqual(["a"]);
});

it("lets the app's own errors through, and no others", () => {
  const collector = world.open();
  const request = collector.wrapRequest(() => {
    throw new Error("the app's");
  });
  expect(request).toThrow("the app's");
});

it("may take the place of the platform's request, which the client uses itself", async () => {
  const { api } = world.phone.start();
  const collector = world.open({ api });
  (api as { request: MiniProgramApi["request"] }).request = collector.wrapRequest(api.request);
  collector.add("a");
  world.phone.network = "offline";
  await collector.flush();
  expect(world.phone.requests).toBe(1);
  world.phone.network = "up";
  await world.pass(collector, 2000);
  expect(world.phone.requests).toBe(3);
  expect([...world.server.pool.keys()]).toEqual(["a"]);
});

it("may be used by the app's function for tokens", async () => {
  const token = vi.fn(async () => {
    request();
    world.server.tokens.add("own");
    return "own";
  });
  const collector = world.open({ token });
  const request = collector.wrapRequest(() => undefined);
  collector.add("a");
  await collector.flush();
  expect(token).toHaveBeenCalledTimes(1);
  expect([...world.server.pool.keys()]).toEqual(["a"]);
});
