import { describe, expect, test } from "vitest";
import { post, signToken, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";
const DAY_MS = 86_400_000;

test("codes are taken, known the second time, and in the pool once", async () => {
  const world = await startWorld();
  const body = { codes: [{ formId: "form-1", ageMs: 1000 }, { formId: "form-2" }] };

  const first = await world.report(USER, "/codes", body);
  expect(first.status).toBe(200);
  expect(first.json).toEqual({
    codes: [
      { formId: "form-1", fate: "taken" },
      { formId: "form-2", fate: "taken" },
    ],
    taken: 2,
    known: 0,
    refused: 0,
  });
  const before = structuredClone(world.books.pools);

  const second = await world.report(USER, "/codes", body);
  expect(second.json).toMatchObject({ taken: 0, known: 2, refused: 0 });
  expect(world.books.pools).toEqual(before);
});

test("a payment at Baidu is good for three messages, and says of which kind it is; a form's code is as any", async () => {
  const world = await startWorld();
  const codes = [1, 2, 3].map((scene) => ({ formId: `code-${scene}`, scene }));
  expect((await world.report(USER, "/codes", { codes })).json).toMatchObject({ taken: 3 });
  expect(world.books.pools.get(USER)).toMatchObject([
    { formId: "code-1" },
    { formId: "code-2", uses: 3, scene: 2 },
    { formId: "code-3", uses: 3, scene: 3 },
  ]);
  expect(world.books.pools.get(USER)?.[0]).not.toHaveProperty("scene");
  for (const scene of [0, 4, "2", true]) {
    const { status, json } = await world.report(USER, "/codes", { codes: [{ formId: "x", scene }] });
    expect([status, json.error.message]).toEqual([400, expect.stringContaining("codes[0].scene")]);
  }
});

test("a report whose answer was lost is taken once", async () => {
  const world = await startWorld();
  const body = { codes: [{ formId: "form-1" }] };
  world.books.fault = "answer lost";
  expect((await world.report(USER, "/codes", body)).status).toBe(503);
  world.books.fault = "none";
  expect((await world.report(USER, "/codes", body)).json.codes).toEqual([
    { formId: "form-1", fate: "known" },
  ]);
  expect(world.books.pools.get(USER)).toHaveLength(1);
});

test("of a formId twice in a report, the second is known", async () => {
  const world = await startWorld();
  const codes = [{ formId: "form-1" }, { formId: "form-2", ageMs: 8 * DAY_MS }, { formId: "form-1" }];
  const { json } = await world.report(USER, "/codes", { codes: [...codes, codes[1]] });
  expect(json.codes).toEqual([
    { formId: "form-1", fate: "taken" },
    { formId: "form-2", fate: "refused", reason: "expired" },
    { formId: "form-1", fate: "known" },
    { formId: "form-2", fate: "refused", reason: "expired" },
  ]);
});

test("garbage is refused by name, in the order of the report, and does not reach Redis", async () => {
  const world = await startWorld();
  const formIds = [
    "the formId is a mock one",
    "requestFormId:fail timeout",
    "requestFormId: fail (in dev tools)",
    "undefined",
    "",
    "has a blank",
    "x".repeat(129),
  ];
  const codes = [...formIds.map((formId) => ({ formId })), { formId: 17 }, { ageMs: 3 }];
  const { json, status } = await world.report(USER, "/codes", { codes });
  expect(status).toBe(200);
  expect(json.codes.map((code: { reason: string }) => code.reason)).toEqual([
    ...["mock", "failed", "failed"],
    ...Array(6).fill("not_a_form_id"),
  ]);
  expect(json.codes.map((code: { formId: unknown }) => code.formId)).toEqual([...formIds, null, null]);
  expect(json).toMatchObject({ taken: 0, known: 0, refused: 9 });
  expect(world.books.calls).toBe(0);
});

describe("the older shape", () => {
  const formIds = [{ formId: "form-1", expire: Date.now() + DAY_MS }];

  test.each([
    ["an array", formIds],
    ["JSON in a text", JSON.stringify(formIds)],
  ])("with %s", async (_name, list) => {
    const world = await startWorld();
    const { json } = await world.report(USER, "/codes", { openId: USER, formIds: list });
    expect(json.codes).toEqual([{ formId: "form-1", fate: "taken" }]);
    expect(world.books.pools.get(USER)).toEqual([{ formId: "form-1", expireMs: formIds[0]!.expire }]);
  });

  test("of another user is refused as a whole", async () => {
    const world = await startWorld();
    const { status, json } = await world.report(USER, "/codes", { openId: "oSomebodyElse", formIds });
    expect(status).toBe(403);
    expect(json.error.code).toBe("wrong_user");
    expect(world.books.calls).toBe(0);
  });
});

describe("the expiry is the server's", () => {
  const at = async (code: Record<string, unknown>) => {
    const world = await startWorld();
    const beforeMs = world.clock.now();
    const { json, status } = await world.report(USER, "/codes", { codes: [{ formId: "f", ...code }] });
    expect(status).toBe(200);
    const expireMs = world.books.pools.get(USER)?.[0]?.expireMs;
    return { fate: json.codes[0], lifeMs: expireMs === undefined ? undefined : expireMs - beforeMs };
  };
  const near = (ms: number) => (value: number | undefined) =>
    value !== undefined && Math.abs(value - ms) < 60_000;

  test.each([
    ["no age", {}, 7],
    ["an age", { ageMs: 2 * DAY_MS }, 5],
    ["a negative age", { ageMs: -5 * DAY_MS }, 7],
    ["null for what is not known", { ageMs: null, expire: null }, 7],
    ["an expiry before its end", { expire: Date.now() + 3 * DAY_MS }, 3],
    ["an expiry in seconds", { expire: Math.floor((Date.now() + 3 * DAY_MS) / 1000) }, 3],
    ["an expiry as text", { expire: String(Date.now() + 3 * DAY_MS) }, 3],
    ["an expiry of a year from now", { expire: Date.now() + 365 * DAY_MS }, 7],
    ["an expiry of a year ago: a wrong clock", { expire: Date.now() - 365 * DAY_MS }, 7],
  ])("%s", async (_name, code, days) => {
    const { fate, lifeMs } = await at(code);
    expect(fate).toEqual({ formId: "f", fate: "taken" });
    expect(lifeMs).toSatisfy(near(days * DAY_MS));
  });

  test.each([
    ["an age of 7 days", { ageMs: 7 * DAY_MS }],
    ["an age beyond all numbers of Redis", { ageMs: 1e300 }],
    ["an expiry of yesterday", { expire: Date.now() - DAY_MS }],
  ])("%s has expired", async (_name, code) => {
    expect((await at(code)).fate).toEqual({ formId: "f", fate: "refused", reason: "expired" });
  });
});

test("used codes are known, codes over the cap are refused", async () => {
  const world = await startWorld();
  world.books.used.add("used-1");
  const many = Array.from({ length: 100 }, (_, i) => ({ formId: `form-${i}` }));
  await world.report(USER, "/codes", { codes: many });
  const { json } = await world.report(USER, "/codes", {
    codes: [{ formId: "used-1" }, { formId: "old", ageMs: DAY_MS }],
  });
  expect(json.codes).toEqual([
    { formId: "used-1", fate: "known", reason: "used" },
    { formId: "old", fate: "refused", reason: "over_cap" },
  ]);
});

test.each([
  ["no object", [], "bad_request", "object"],
  ["no codes", {}, "bad_request", "no codes"],
  ["codes and formIds", { codes: [], formIds: [] }, "bad_request", "either"],
  ["codes that are no array", { codes: { 0: { formId: "f" } } }, "bad_request", "codes must"],
  ["a code that is a text", { codes: [{ formId: "f" }, "g"] }, "bad_request", "codes[1]"],
  ["an age that is a text", { codes: [{ formId: "f", ageMs: "1" }] }, "bad_request", "codes[0].ageMs"],
  ["an expiry that is none", { codes: [{ formId: "f", expire: 604800 }] }, "bad_request", "codes[0].expire"],
  ["an openId that is a number", { openId: 5, codes: [] }, "bad_request", "openId"],
  ["a list that is no JSON", { formIds: "[{" }, "bad_json", "formIds"],
  ["a list with a prototype", { formIds: '[{"__proto__":1}]' }, "bad_json", "__proto__"],
  ["101 codes", { codes: Array(101).fill({ formId: "f" }) }, "too_many_codes", "101"],
])("%s is a clear 400 and writes nothing", async (_name, body, code, named) => {
  const world = await startWorld();
  const { status, json } = await world.report(USER, "/codes", body);
  expect(status).toBe(400);
  expect(json.error.code).toBe(code);
  expect(json.error.message).toContain(named);
  expect(world.books.calls).toBe(0);
});

test("a gateway in front names the user, and then no token does", async () => {
  const world = await startWorld({ trustHeader: "X-WX-OPENID", session: undefined });
  const body = post({ codes: [{ formId: "form-1" }] });
  const by = (openId: string) =>
    world.ask("/codes", { ...body, headers: { ...(body.headers as object), "x-wx-openid": openId } });
  expect((await by(USER)).json.taken).toBe(1);
  expect(world.books.pools.has(USER)).toBe(true);
  for (const odd of ["", "two, users", "{brace}", "x".repeat(129)]) expect((await by(odd)).status).toBe(401);
  const signed = await world.ask("/codes", post({ codes: [] }, `Bearer ${await signToken(USER)}`));
  expect(signed.status).toBe(401);
  expect((await world.ask("/login", post({ code: "x" }))).status).toBe(404);
});

test("without a way to tell users there are no reports", async () => {
  const world = await startWorld({ session: undefined });
  for (const path of ["/codes", "/consents", "/login", "/callback"]) {
    const { status, json } = await world.ask(path, post({}));
    expect([path, status, json.error.code]).toEqual([path, 404, "not_found"]);
  }
});
