import { expect, test } from "vitest";
import { message, SEND_PATH, withApi } from "./api.ts";

const LATER = Date.now() + 3_600_000;

test("a send with a registered code is delivered and answers ok with a msgid beyond 2^53", async () => {
  await withApi({}, async ({ sandbox, send }) => {
    sandbox.registerCodes([{ openId: "oAlice", formId: "form-1", expire: LATER }]);
    const answer = await send();
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^\{"errcode":0,"errmsg":"ok","msgid":\d{19}\}$/);
    expect(sandbox.stats()).toMatchObject({
      delivered: 1,
      deliveriesByUser: { oAlice: 1 },
      maxPerUser: 1,
      duplicates: 0,
    });
  });
});

test("every message has a msgid of its own", async () => {
  await withApi({ acceptAny: true }, async ({ send }) => {
    const texts = await Promise.all([1, 2, 3, 4, 5].map((n) => send(message({ form_id: `f${n}` }))));
    expect(new Set(texts.map(({ text }) => text)).size).toBe(5);
  });
});

test("a code works once, a payment's code as often as it has uses", async () => {
  await withApi({}, async ({ sandbox, send }) => {
    sandbox.registerCodes([
      { openId: "oAlice", formId: "form-1", expire: LATER },
      { openId: "oAlice", formId: "wx2026", expire: LATER, uses: 3 },
    ]);
    const codes = ["form-1", "form-1", "wx2026", "wx2026", "wx2026", "wx2026"];
    const errcodes = [];
    for (const form_id of codes) errcodes.push((await send(message({ form_id }))).json.errcode);
    expect(errcodes).toEqual([0, 41029, 0, 0, 0, 41029]);
    expect(sandbox.stats()).toMatchObject({
      codesUsed: 2,
      codesRegistered: 2,
      delivered: 4,
      maxPerUser: 4,
      duplicates: 1,
    });
  });
});

test("a code that is unknown, expired, another user's or missing is 41028 and stays unspent", async () => {
  const time = { ms: 1_000_000 };
  await withApi({ now: () => time.ms }, async ({ sandbox, send }) => {
    sandbox.registerCodes([
      { openId: "oBob", formId: "bobs", expire: 9e12 },
      { openId: "oAlice", formId: "short", expire: 1_000_001 },
    ]);
    expect((await send(message({ form_id: "nobody-knows" }))).json.errcode).toBe(41028);
    expect((await send(message({ form_id: "bobs" }))).json.errcode).toBe(41028);
    expect((await send(message({ form_id: undefined }))).json.errcode).toBe(41028);
    expect((await send(message({ form_id: "" }))).json.errcode).toBe(41028);
    time.ms += 1;
    expect((await send(message({ form_id: "short" }))).json.errcode).toBe(41028);
    expect((await send(message({ touser: "oBob", form_id: "bobs" }))).json.errcode).toBe(0);
  });
});

test("registering a spent code again does not make it good again", async () => {
  await withApi({}, async ({ sandbox, send }) => {
    const code = { openId: "oAlice", formId: "form-1", expire: LATER };
    sandbox.registerCodes([code]);
    await send();
    sandbox.registerCodes([code]);
    expect((await send()).json.errcode).toBe(41029);
    expect(sandbox.stats().codesRegistered).toBe(1);
  });
});

test("acceptAny takes unknown codes: once each, three times a prepay_id, for the first user only", async () => {
  await withApi({ acceptAny: true }, async ({ send }) => {
    expect((await send()).json.errcode).toBe(0);
    expect((await send()).json.errcode).toBe(41029);
    expect((await send(message({ touser: "oBob" }))).json.errcode).toBe(41028);
    const prepaid = message({ form_id: "wx201410272009395522" });
    const errcodes = [];
    for (let i = 0; i < 4; i += 1) errcodes.push((await send(prepaid)).json.errcode);
    expect(errcodes).toEqual([0, 0, 0, 41029]);
  });
});

test.each([
  "the formId is a mock one",
  "the formId is no longer available in develop or trial version of this mini program",
  "requestFormId:fail",
  "requestFormId:fail timeout",
  "f\u00f6rm",
  "x".repeat(129),
])("acceptAny refuses %s", async (form_id) => {
  await withApi({ acceptAny: true }, async ({ send }) => {
    expect((await send(message({ form_id }))).json.errcode).toBe(41028);
  });
});

test("a missing token is 41001, an invalid one 40001, an expired one 42001", async () => {
  await withApi({ acceptAny: true }, async ({ call, sandbox, send, fetchStable }) => {
    expect((await call("POST", SEND_PATH, message())).json.errcode).toBe(41001);
    expect((await call("POST", `${SEND_PATH}?access_token=`, message())).json.errcode).toBe(41001);
    expect((await send(message(), "made-up")).json.errcode).toBe(40001);
    const token = String((await fetchStable()).json.access_token);
    sandbox.expireTokens();
    expect((await send(message(), token)).json.errcode).toBe(42001);
    expect((await send(message(), String((await fetchStable()).json.access_token))).json.errcode).toBe(0);
  });
});

test.each([
  ["a body that is not JSON", "touser=oAlice", 47001],
  ["an empty body", "", 47001],
  ["a body that is a list", [], 47001],
  ["a touser that is a number", message({ touser: 1 }), 47001],
  ["a page that is null", message({ page: null }), 47001],
  ["no data", message({ data: undefined }), 47003],
  ["data that is a list", message({ data: [] }), 47003],
  ["a keyword that is a text", message({ data: { keyword1: "hi" } }), 47003],
  ["a value that is a number", message({ data: { keyword1: { value: 1 } } }), 47003],
  ["no touser", message({ touser: undefined }), 40003],
  ["a touser with a space", message({ touser: "o Alice" }), 40003],
  ["an openId reserved as invalid", message({ touser: "invalid_1" }), 40003],
  ["no template_id", message({ template_id: undefined }), 40037],
  ["a template_id that says unknown", message({ template_id: "tpl-unknown-1" }), 40037],
  ["a page with a slash in front", message({ page: "/pages/index" }), 41030],
  ["a page that is an address", message({ page: "https://example.com" }), 41030],
  ["a page of 1025 characters", message({ page: "p".repeat(1025) }), 41030],
  ["emphasis on a keyword that is not there", message({ emphasis_keyword: "keyword2.DATA" }), 47003],
  ["emphasis without .DATA", message({ emphasis_keyword: "keyword1" }), 47003],
  ["an openId reserved as refusing", message({ touser: "refused_1" }), 43101],
])("%s is refused, and its code stays good", async (_name, body, errcode) => {
  await withApi({ acceptAny: true }, async ({ sandbox, send }) => {
    const answer = await send(body as object);
    expect(answer.status).toBe(200);
    expect(answer.json.errcode).toBe(errcode);
    expect(answer.json.errmsg).toMatch(/ rid: [\da-f]+-[\da-f]+-[\da-f]+$/);
    expect(sandbox.stats().delivered).toBe(0);
    expect((await send()).json.errcode).toBe(0);
  });
});

test("the checks come in the platform's order", async () => {
  await withApi({}, async ({ send }) => {
    const worst = { touser: "o A", template_id: "unknown", page: "/x", form_id: "none", data: {} };
    expect((await send({ ...worst, data: 1 }, "bad")).json.errcode).toBe(40001);
    expect((await send({ ...worst, data: 1 })).json.errcode).toBe(47003);
    expect((await send(worst)).json.errcode).toBe(40003);
    expect((await send({ ...worst, touser: "oA" })).json.errcode).toBe(40037);
    expect((await send({ ...worst, touser: "oA", template_id: "T" })).json.errcode).toBe(41030);
    expect((await send({ ...worst, touser: "oA", template_id: "T", page: "x" })).json.errcode).toBe(41028);
  });
});

test("page with a query, emphasis on a keyword and empty data are all fine", async () => {
  await withApi({ acceptAny: true }, async ({ sandbox, send }) => {
    const full = message({ page: "pages/index?a=b", emphasis_keyword: "keyword1.DATA" });
    expect((await send(full)).json.errcode).toBe(0);
    expect(sandbox.stats().lastMessage).toEqual(full);
    expect(
      (await send(message({ form_id: "2", data: {}, page: "", emphasis_keyword: "" }))).json.errcode,
    ).toBe(0);
  });
});

test("with templates given, only those are known", async () => {
  await withApi({ acceptAny: true, templates: ["unknown-but-listed"] }, async ({ send }) => {
    expect((await send()).json.errcode).toBe(40037);
    expect((await send(message({ template_id: "unknown-but-listed" }))).json.errcode).toBe(0);
  });
});

test("oneCallPerUser refuses a second send to a user whose first still waits", async () => {
  await withApi({ acceptAny: true, oneCallPerUser: true, latencyMs: 500 }, async ({ sandbox, send }) => {
    await send(message({ touser: "oWarm", form_id: "warm" }));
    const answers = await Promise.all([
      send(message({ form_id: "1" })),
      send(message({ form_id: "2" })),
      send(message({ form_id: "3", touser: "oBob" })),
    ]);
    expect(answers.map(({ json }) => json.errcode).sort()).toEqual([0, 0, 43108]);
    expect(sandbox.stats().byErrcode).toEqual({ 0: 3, 43108: 1 });
    expect((await send(message({ form_id: "4" }))).json.errcode).toBe(0);
  });
});
