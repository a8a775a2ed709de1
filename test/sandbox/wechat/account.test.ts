import { expect, test } from "vitest";
import { type Api, subscribeMessage, TEMPLATES, withApi } from "../api.ts";

const ACCOUNT = "appid=wx-sandbox&secret=sandbox-secret&grant_type=authorization_code";

async function tokenOf(api: Api): Promise<string> {
  return String((await api.fetchStable()).json.access_token);
}

async function quotaOf(api: Api, cgi_path: unknown, token?: string): Promise<Record<string, unknown>> {
  const path = `/cgi-bin/openapi/quota/get?access_token=${token ?? (await tokenOf(api))}`;
  return (await api.call("POST", path, { cgi_path })).json;
}

async function listOf(api: Api): Promise<Record<string, unknown>> {
  return (await api.call("GET", `/wxaapi/newtmpl/gettemplate?access_token=${await tokenOf(api)}`)).json;
}

test("gettemplate lists all kinds, without telling which is which", async () => {
  await withApi({}, async (api) => {
    const { errcode, data } = await listOf(api);
    expect(errcode).toBe(0);
    const list = data as Record<string, unknown>[];
    expect(list.map(({ priTmplId }) => priTmplId)).toEqual(Object.values(TEMPLATES));
    expect(list.map(({ type }) => type)).toEqual([2, 2, 2, 3, 3, 2]);
    expect(list[2]?.keywordEnumValueList).toEqual([
      { keywordCode: "enum_string3", enumValueList: ["小桌", "中桌", "大桌"] },
    ]);
    expect(list.every((one) => !("kind" in one))).toBe(true);
  });
});

test("quota/get tells the day's sends of each kind, and 45009 comes when they are used up", async () => {
  const dayLimits = { subscribeSend: 2, templateSend: 5 };
  await withApi({ acceptAny: true, dayLimits }, async (api) => {
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push((await api.subscribe()).json.errcode);
    await api.send();
    expect(codes).toEqual([0, 0, 45009]);
    expect(await quotaOf(api, "/cgi-bin/message/subscribe/send")).toEqual({
      errcode: 0,
      errmsg: "ok",
      quota: { daily_limit: 2, used: 2, remain: 0 },
    });
    const template = await quotaOf(api, "/cgi-bin/message/wxopen/template/send");
    expect(template.quota).toEqual({ daily_limit: 5, used: 1, remain: 4 });
    await api.call("POST", "/sandbox/quotas", { subscribeSend: 3 });
    expect((await api.subscribe()).json.errcode).toBe(0);
  });
});

test("the documented limits are the default; the fault day-quota leaves nothing of either", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const path = "/cgi-bin/message/subscribe/send";
    expect((await quotaOf(api, path)).quota).toEqual({
      daily_limit: 10_000_000,
      used: 0,
      remain: 10_000_000,
    });
    api.sandbox.setFaults([{ kind: "day-quota", percent: 100 }]);
    expect((await api.subscribe()).json.errcode).toBe(45009);
    api.sandbox.setFaults([]);
    expect((await api.send()).json.errcode).toBe(45009);
    expect((await quotaOf(api, path)).quota).toMatchObject({ remain: 0 });
    expect((await listOf(api)).errcode).toBe(0);
  });
});

test("gettemplate has a day quota of its own", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    expect((await api.call("POST", "/sandbox/quotas", { getTemplate: 1 })).json).toEqual({ getTemplate: 1 });
    expect((await listOf(api)).errcode).toBe(0);
    expect((await listOf(api)).errcode).toBe(45009);
    expect((await api.subscribe(subscribeMessage())).json.errcode).toBe(0);
  });
});

test.each([
  ["/cgi-bin/nothing", 76021],
  ["https://api.weixin.qq.com/cgi-bin/message/subscribe/send", 76003],
  [undefined, 76003],
  ["/sns/jscode2session", 76022],
])("quota/get of %s is %i", async (path, errcode) => {
  await withApi({}, async (api) => expect((await quotaOf(api, path)).errcode).toBe(errcode));
});

test("both need a token", async () => {
  await withApi({}, async (api) => {
    expect((await quotaOf(api, "/cgi-bin/message/subscribe/send", "made-up")).errcode).toBe(40001);
    expect((await api.call("GET", "/wxaapi/newtmpl/gettemplate")).json.errcode).toBe(41001);
  });
});

test("a login's code gives the openId, once, for five minutes", async () => {
  const time = { ms: 1_000_000 };
  await withApi({ now: () => time.ms }, async ({ call }) => {
    const login = async () => String((await call("POST", "/sandbox/login", { openId: "oAlice" })).json.code);
    const exchange = async (code: string, query = ACCOUNT) =>
      (await call("GET", `/sns/jscode2session?${query}&js_code=${code}`)).json;
    const code = await login();
    expect(await exchange(code)).toEqual({
      openid: "oAlice",
      session_key: expect.stringMatching(/^[\w+/]{22}==$/),
    });
    expect((await exchange(code)).errcode).toBe(40163);
    expect((await exchange("made-up")).errcode).toBe(40029);
    expect((await exchange("")).errcode).toBe(41008);
    const late = await login();
    expect((await exchange(late, ACCOUNT.replace("secret=", "secret=x"))).errcode).toBe(40125);
    expect((await exchange(late, ACCOUNT.replace("authorization_code", "x"))).errcode).toBe(40002);
    time.ms += 5 * 60_000;
    expect((await exchange(late)).errcode).toBe(40029);
  });
});

test("acceptAny takes unknown codes: a user of its own each, the same one in every run", async () => {
  const openIds: unknown[] = [];
  for (const code of ["a", "a", "b"]) {
    await withApi({ acceptAny: true }, async ({ call }) => {
      openIds.push((await call("GET", `/sns/jscode2session?${ACCOUNT}&js_code=${code}`)).json.openid);
    });
  }
  expect(openIds[0]).toMatch(/^o[\w-]{27}$/);
  expect(openIds[1]).toBe(openIds[0]);
  expect(openIds[2]).not.toBe(openIds[0]);
});
