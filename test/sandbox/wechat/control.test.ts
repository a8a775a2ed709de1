import { expect, test } from "vitest";
import { type Api, subscribeMessage, TEMPLATES, withApi } from "../api.ts";

const OWN = {
  priTmplId: "T",
  title: "t",
  content: "名称:{{thing1.DATA}}",
  example: "名称:x",
  type: 3,
  keywordEnumValueList: [{ keywordCode: "enum_string1", enumValueList: ["a"] }],
};

async function send(api: Api, openId: string): Promise<unknown> {
  return (await api.subscribe(subscribeMessage({ touser: openId }))).json.errcode;
}

test.each([
  ["a JSON array", (list: object[]) => list],
  ["NDJSON", (list: object[]) => list.map((item) => `${JSON.stringify(item)}\r\n`).join("\n")],
])("consents are registered as %s", async (_name, write) => {
  await withApi({}, async (api) => {
    const alice = { openId: "oAlice", templateId: TEMPLATES.activity };
    const body = write([alice, { ...alice, openId: "oBob", count: 3 }]);
    expect((await api.call("POST", "/sandbox/consents", body)).json).toEqual({ registered: 2 });
    const codes = [];
    for (const openId of ["oAlice", "oAlice", "oBob"]) codes.push(await send(api, openId));
    expect(codes).toEqual([0, 43101, 0]);
    expect(api.sandbox.stats().subscribe).toMatchObject({
      consents: { granted: 4, used: 2, left: 2 },
      consentsLeft: { oAlice: { [TEMPLATES.activity]: 0 }, oBob: { [TEMPLATES.activity]: 2 } },
    });
  });
});

test("a user accepts and rejects in the prompt, then withdraws", async () => {
  await withApi({}, async (api) => {
    const templates = { [TEMPLATES.activity]: "accept", [TEMPLATES.order]: "reject" };
    const prompt = { openId: "oAlice", templates };
    expect((await api.call("POST", "/sandbox/prompt", prompt)).json).toEqual({
      errMsg: "requestSubscribeMessage:ok",
      ...templates,
    });
    await api.call("POST", "/sandbox/prompt", prompt);
    expect(api.sandbox.stats().subscribe.consentsLeft).toEqual({ oAlice: { [TEMPLATES.activity]: 2 } });
    expect(await send(api, "oAlice")).toBe(0);
    const withdrawal = { openId: "oAlice", templateIds: [TEMPLATES.activity] };
    expect((await api.call("POST", "/sandbox/withdraw", withdrawal)).json).toEqual({ withdrawn: 1 });
    expect(await send(api, "oAlice")).toBe(43101);
  });
});

test("templates are replaced, and come back with a reset", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const list = [OWN, { ...OWN, priTmplId: "D", kind: "device" }];
    expect((await api.call("POST", "/sandbox/templates", list)).json).toEqual({ templates: 2 });
    expect(await send(api, "oAlice")).toBe(40037);
    const own = subscribeMessage({ template_id: "T", data: { thing1: { value: "x" } } });
    expect((await api.subscribe(own)).json.errcode).toBe(0);
    const token = String((await api.fetchStable()).json.access_token);
    const { json } = await api.call("GET", `/wxaapi/newtmpl/gettemplate?access_token=${token}`);
    expect(json).toEqual({ errcode: 0, errmsg: "ok", data: [OWN, { ...OWN, priTmplId: "D" }] });
    api.sandbox.reset();
    const fresh = String((await api.fetchStable()).json.access_token);
    expect((await api.subscribe(subscribeMessage(), fresh)).json.errcode).toBe(0);
  });
});

const CONSENT = { openId: "oAlice", templateId: TEMPLATES.activity };
const TEMPLATE = { ...OWN, keywordEnumValueList: undefined };

test.each<[name: string, body: unknown, reason: string]>([
  ["consents", [CONSENT, { ...CONSENT, openId: "" }], "item 2: openId"],
  ["consents", [{ openId: "oAlice" }], "templateId"],
  ["consents", [{ ...CONSENT, count: 0 }], "count"],
  ["consents", [{ ...CONSENT, count: 1.5 }], "count"],
  ["consents", [CONSENT, { ...CONSENT, templateId: "T" }], '"T" is no template of the account'],
  ["consents", [{ ...CONSENT, templateId: TEMPLATES.device }], "is no template"],
  ["consents", '{"openId":"a"', "line 1"],
  ["prompt", "[]", "object"],
  ["prompt", { openId: "oAlice" }, "templates"],
  ["prompt", { openId: "oAlice", templates: { [TEMPLATES.activity]: "yes" } }, "accept"],
  ["prompt", { openId: "oAlice", templates: { T: "accept" } }, '"T"'],
  ["withdraw", { openId: "oAlice", templateIds: "T" }, "templateIds"],
  ["withdraw", { openId: "oAlice", templateIds: ["T"] }, '"T"'],
  ["login", {}, "openId"],
  ["templates", {}, "array"],
  ["templates", [TEMPLATE, { ...TEMPLATE, priTmplId: "a b" }], "item 2: priTmplId"],
  ["templates", [{ ...TEMPLATE, type: 1 }], "type"],
  ["templates", [{ ...TEMPLATE, title: 1 }], "title"],
  ["templates", [{ ...TEMPLATE, kind: "game" }], "kind"],
  ["templates", [{ ...TEMPLATE, keywordEnumValueList: [{ keywordCode: "x" }] }], "keywordEnumValueList"],
  ["callback", [], "null"],
  ["callback", { token: "x" }, "url"],
  ["callback", { url: "ftp://127.0.0.1/" }, "http"],
  ["callback", { url: "http://127.0.0.1/", delay: 1 }, '"delay"'],
  ["callback", { url: "http://127.0.0.1/", delayMs: "1" }, "delayMs"],
  ["callback", { url: "http://127.0.0.1/", aesKey: "short" }, "43"],
  ["callback", { url: "http://127.0.0.1/", compatible: true }, "key"],
  ["quotas", { subscribeSend: -1 }, "subscribeSend"],
  ["quotas", { tokens: 1 }, "subscribeSend"],
])("/sandbox/%s refuses %j and changes nothing", async (name, body, reason) => {
  await withApi({}, async (api) => {
    const { status, json } = await api.call("POST", `/sandbox/${name}`, body);
    expect({ status, error: json.error }).toEqual({ status: 400, error: expect.stringContaining(reason) });
    expect(await send(api, "oAlice")).toBe(43101);
    expect(api.sandbox.stats().subscribe).toMatchObject({
      consents: { granted: 0, left: 0 },
      events: { made: 0 },
    });
  });
});
