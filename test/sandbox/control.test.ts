import { expect, test } from "vitest";
import { message, withApi } from "./api.ts";

const CODE = { openId: "oAlice", formId: "form-1", expire: 9e12 };

test("the stats count what happened", async () => {
  await withApi({}, async ({ sandbox, call, send, fetchToken }) => {
    sandbox.registerCodes([
      CODE,
      { ...CODE, formId: "form-2" },
      { ...CODE, formId: "form-3", openId: "oBob" },
    ]);
    await fetchToken();
    await send();
    await send(message({ form_id: "form-2" }));
    await send(message({ form_id: "form-3", touser: "oBob" }));
    await send(message({ form_id: "form-3", touser: "oBob" }));
    const { json } = await call("GET", "/sandbox/stats");
    expect(json).toEqual({
      delivered: 3,
      deliveriesByUser: { oAlice: 2, oBob: 1 },
      maxPerUser: 2,
      duplicates: 1,
      codesUsed: 3,
      codesRegistered: 3,
      tokensIssued: { basic: 1, stable: 1 },
      tokenCalls: { basic: 1, stable: 1 },
      requests: 6,
      connections: expect.any(Number),
      byErrcode: { 0: 3, 41029: 1 },
      faults: {},
      lastMessage: message({ form_id: "form-3", touser: "oBob" }),
      subscribe: {
        delivered: 0,
        failed: 0,
        byTemplate: {},
        consents: { granted: 0, used: 0, left: 0 },
        events: { made: 0, posted: 0, answered: 0, givenUp: 0, waiting: 0 },
        lastMessage: null,
        deliveries: {},
        consentsLeft: {},
      },
    });
    expect(json).toEqual(JSON.parse(JSON.stringify(sandbox.stats())));
    const { deliveriesByUser, subscribe, ...rest } = json;
    const { deliveries: _, consentsLeft: __, ...small } = subscribe as Record<string, unknown>;
    const summary = (await call("GET", "/sandbox/stats?users=0")).json;
    expect(summary).toEqual({ ...rest, subscribe: small });
    expect(deliveriesByUser).toBeDefined();
  });
});

test("the stats hold neither a token nor the secret, even when a sender puts them in the body", async () => {
  await withApi({ acceptAny: true }, async ({ call, send, fetchStable, fetchToken }) => {
    const tokens = [(await fetchStable()).json.access_token, (await fetchToken()).json.access_token].map(
      String,
    );
    await fetchToken("grant_type=client_credential&appid=wx-sandbox&secret=sandbox-secreT");
    await send(message({ access_token: tokens[0], secret: "sandbox-secret" }), tokens[1]);
    const { text } = await call("GET", "/sandbox/stats");
    expect(text).toContain("form-1");
    for (const secret of [...tokens, "sandbox-secret", "sandbox-secreT"]) expect(text).not.toContain(secret);
  });
});

test.each([
  ["a JSON array", JSON.stringify([CODE, { ...CODE, formId: "form-2", uses: 2 }])],
  ["NDJSON", `${JSON.stringify(CODE)}\r\n\n${JSON.stringify({ ...CODE, formId: "form-2", uses: 2 })}\n`],
])("codes are registered as %s", async (_name, body) => {
  await withApi({}, async ({ call, send }) => {
    expect((await call("POST", "/sandbox/codes", body)).json).toEqual({ registered: 2 });
    const errcodes = [];
    for (const form_id of ["form-1", "form-1", "form-2", "form-2", "form-2"]) {
      errcodes.push((await send(message({ form_id }))).json.errcode);
    }
    expect(errcodes).toEqual([0, 41029, 0, 0, 41029]);
  });
});

test.each([
  ["codes", '{"openId":"a","formId":"b","expire":1}\n{"openId":"a"', "line 2"],
  ["codes", '[{"openId":"a","formId":"b","expire":"soon"}]', "item 1: expire"],
  ["codes", '[{"openId":"","formId":"b","expire":1}]', "openId"],
  ["codes", '[{"openId":"a","expire":1}]', "formId"],
  ["codes", '[{"openId":"a","formId":"b","expire":1,"uses":0}]', "uses"],
  ["faults", '["busy:5","bussy:5"]', "bussy"],
  ["faults", '"busy:5"', "array"],
  ["faults", "", "array"],
])("/sandbox/%s refuses %s and changes nothing", async (name, body, reason) => {
  await withApi({ acceptAny: true }, async ({ sandbox, call, send }) => {
    const answer = await call("POST", `/sandbox/${name}`, body);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(reason);
    expect((await send()).json.errcode).toBe(0);
    expect(sandbox.stats().codesRegistered).toBe(0);
  });
});

test("faults are set and taken away, tokens expired, and all is reset, over HTTP", async () => {
  await withApi({ acceptAny: true }, async ({ sandbox, call, send, fetchStable }) => {
    expect((await call("POST", "/sandbox/faults", ["busy:100", "errcode-1:0.5%"])).json).toEqual({
      faults: ["busy:100", "errcode-1:0.5"],
    });
    expect((await send()).json.errcode).toBe(-1);
    await call("POST", "/sandbox/faults", []);
    expect((await send()).json.errcode).toBe(0);
    expect((await call("POST", "/sandbox/expire-tokens")).json).toEqual({ ok: true });
    expect((await send()).json.errcode).toBe(42001);
    expect((await call("POST", "/sandbox/reset")).json).toEqual({ ok: true });
    expect(sandbox.stats()).toMatchObject({
      delivered: 0,
      requests: 0,
      tokensIssued: { stable: 0 },
      lastMessage: null,
    });
    expect((await send()).json.errcode).toBe(40001);
    expect((await send(message(), String((await fetchStable()).json.access_token))).json.errcode).toBe(0);
  });
});

test("a reset brings back the faults of the options", async () => {
  await withApi({ acceptAny: true, faults: [{ kind: "busy", percent: 100 }] }, async ({ sandbox, send }) => {
    sandbox.setFaults([]);
    expect((await send()).json.errcode).toBe(0);
    sandbox.reset();
    expect((await send()).json.errcode).toBe(-1);
  });
});

test("the page at / names what there is", async () => {
  await withApi({}, async ({ call }) => {
    const { status, text } = await call("GET", "/");
    expect(status).toBe(200);
    for (const name of ["stats", "codes", "consents", "prompt", "faults", "expire-tokens", "reset"])
      expect(text).toContain(`/sandbox/${name}`);
  });
});

test("an unknown path is 404, a wrong method on a control path 405", async () => {
  await withApi({}, async ({ call }) => {
    expect((await call("GET", "/cgi-bin/nothing")).status).toBe(404);
    expect((await call("GET", "/sandbox/nothing")).status).toBe(404);
    expect((await call("POST", "/sandbox/toString")).status).toBe(404);
    expect((await call("POST", "/sandbox/stats", "")).status).toBe(405);
    expect((await call("GET", "/sandbox/reset")).status).toBe(405);
  });
});
