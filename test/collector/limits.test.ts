import { expect, test } from "vitest";
import { post, signToken, startWorld } from "./world.ts";

test("a user has so many requests a minute; another user has his own", async () => {
  const world = await startWorld({ limits: { requestsPerMinute: 3 } });
  const ask = (openId: string, path = "/codes") => world.report(openId, path, { codes: [], templates: {} });
  for (const path of ["/codes", "/consents", "/codes"]) expect((await ask("oUser1", path)).status).toBe(200);
  const { status, json, headers } = await ask("oUser1");
  expect([status, json.error.code]).toEqual([429, "too_many_requests"]);
  const waitSec = Number(headers.get("retry-after"));
  expect(waitSec).toBeGreaterThan(0);
  expect(waitSec).toBeLessThanOrEqual(60);
  expect((await ask("oUser1", "/consents")).status).toBe(429);
  expect((await ask("oUser2")).status).toBe(200);
  world.clock.skewMs += waitSec * 1000;
  expect((await ask("oUser1")).status).toBe(200);
});

test("60 a minute and 100 codes a report, unless set", async () => {
  const world = await startWorld();
  const token = `Bearer ${await signToken("oUser1")}`;
  const codes = Array.from({ length: 100 }, (_, i) => ({ formId: `form-${i}` }));
  expect((await world.ask("/codes", post({ codes }, token))).json.taken).toBe(100);
  for (let i = 1; i < 60; i++)
    expect((await world.ask("/codes", post({ codes: [] }, token))).status).toBe(200);
  expect((await world.ask("/codes", post({ codes: [] }, token))).status).toBe(429);
  // Nobody asks for these in the name of a user.
  expect((await world.ask("/codes", post({ codes: [] }))).status).toBe(401);
  expect((await world.ask("/healthz")).status).toBe(200);
});

test("as many codes a report as are set", async () => {
  const world = await startWorld({ limits: { codesPerReport: 2 } });
  const codes = [{ formId: "a" }, { formId: "b" }, { formId: "c" }];
  expect((await world.report("oUser1", "/codes", { codes })).json.error.code).toBe("too_many_codes");
  expect((await world.report("oUser1", "/codes", { codes: codes.slice(1) })).json.taken).toBe(2);
});
