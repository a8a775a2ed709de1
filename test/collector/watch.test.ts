import { expect, test } from "vitest";
import { testReader } from "./test-reader.ts";
import { post, push, signToken, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";

test("the log has one record for each request: who, what, how many, and no secret", async () => {
  const world = await startWorld({ callback: testReader });
  const token = await signToken(USER);
  const codes = [{ formId: "form-1" }, { formId: "form-1" }, { formId: "the formId is a mock one" }];
  await world.ask("/codes?key=value-in-the-query", post({ codes }, `Bearer ${token}`));
  await world.ask("/consents", post({ templates: { T1: "accept", T2: "reject" } }, `Bearer ${token}`));
  await push(world, [{ kind: "other", name: "text" }]);
  await world.ask("/nothing/value-in-the-path");
  expect(world.log).toEqual(
    [
      { route: "/codes", status: 200, user: "oUse...ijkl", taken: 1, known: 1, refused: 1 },
      { route: "/consents", status: 200, user: "oUse...ijkl", templates: 2, taken: 1 },
      { route: "/callback", status: 200, callback: "text" },
      { route: "none", status: 404, method: "GET", code: "not_found" },
    ].map((fields) => ({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      level: "info",
      event: "request",
      method: "POST",
      ms: expect.any(Number),
      ...fields,
    })),
  );
  const text = JSON.stringify(world.log);
  for (const secret of [token, "form-1", "value-in", USER]) expect(text).not.toContain(secret);
});

test("openIds are whole where that is asked for, and no short one is told by its ends", async () => {
  const whole = await startWorld({ shortIds: false });
  await whole.report(USER, "/codes", { codes: [] });
  expect(whole.log[0]).toMatchObject({ user: USER });
  const short = await startWorld();
  await short.report("oUser12", "/codes", { codes: [] });
  expect(short.log[0]).toMatchObject({ user: "oU..." });
});

test("metrics are of this collector alone, by labels that nobody outside can add to", async () => {
  const world = await startWorld();
  const other = await startWorld();
  await other.report(USER, "/codes", { codes: [{ formId: "form-9" }] });
  await world.report(USER, "/codes", { codes: [{ formId: "form-1" }, { formId: "" }] });
  await world.report(USER, "/consents", { templates: { T1: "accept", T2: "some-status" }, report: "r" });
  await world.ask("/made-up-by-somebody");
  const { text, headers } = await world.ask("/metrics");
  expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'requests_total{route="/codes",status="200"} 1',
    'requests_total{route="none",status="404"} 1',
    'codes_total{fate="taken",reason=""} 1',
    'codes_total{fate="refused",reason="not_a_form_id"} 1',
    'consents_total{source="report",fate="taken"} 1',
    'consents_total{source="report",fate="ignored"} 1',
    'request_seconds_count{route="/codes"} 1',
  ])
    expect(text).toContain(`push_cli_collector_${line}\n`);
  expect(text).toContain("process_resident_memory_bytes");
  expect(text).not.toMatch(/made-up|some-status|form-1|oUser/);
});

test("healthz answers HEAD too", async () => {
  const world = await startWorld();
  expect((await world.ask("/healthz", { method: "HEAD" })).status).toBe(200);
});
