import { expect, test } from "vitest";
import { startWorld } from "./world.ts";

const BODIES = {
  "/codes": { codes: [{ formId: "form-1" }] },
  "/consents": { templates: { T1: "accept" }, report: "r" },
};

test.each(["hangs", "refuses", "answer lost"] as const)(
  "Redis %s: 503 with Retry-After, then all is as if it had been asked once",
  async (fault) => {
    const world = await startWorld({ limits: { redisMs: 200 } });
    for (const [path, body] of Object.entries(BODIES)) {
      world.books.fault = fault;
      const { status, headers, json } = await world.report("oUser1", path, body);
      expect([path, status, json.error.code, headers.get("retry-after")]).toEqual([
        ...[path, 503, "redis_unavailable", "5"],
      ]);
      world.books.fault = "none";
      expect((await world.report("oUser1", path, body)).status).toBe(200);
    }
    expect(world.books.pools.get("oUser1")).toHaveLength(1);
    expect([...world.books.granted.values()]).toEqual([1]);
    expect(world.log).toContainEqual(expect.objectContaining({ level: "warn", event: "redis" }));
  },
);

test("healthz and metrics tell of Redis", async () => {
  const world = await startWorld({ limits: { redisMs: 200 } });
  const look = async () => {
    const { status, json } = await world.ask("/healthz");
    const [, up] = /^push_cli_collector_redis_up (\d)$/m.exec((await world.ask("/metrics")).text) ?? [];
    return [status, json.status, up];
  };
  expect(await look()).toEqual([200, "ok", "1"]);
  for (const fault of ["hangs", "refuses"] as const) {
    world.books.fault = fault;
    expect(await look()).toEqual([503, "redis_unavailable", "0"]);
  }
  world.books.fault = "none";
  expect(await look()).toEqual([200, "ok", "1"]);
});

test("a defect is told apart from an outage, without its message", async () => {
  const world = await startWorld();
  world.books.codes.take = () => Promise.reject(new TypeError("the inside of it"));
  const { status, json, text } = await world.report("oUser1", "/codes", BODIES["/codes"]);
  expect([status, json.error.code]).toEqual([500, "unexpected"]);
  expect(text).not.toContain("inside");
  expect(world.log).toContainEqual(expect.objectContaining({ level: "error", message: "the inside of it" }));
});
