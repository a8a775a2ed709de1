import { describe, expect, it } from "vitest";
import { type Api, withApi } from "../api.ts";

const CODE_PATH = "/rest/2.0/smartapp/template/send";
const SUBSCRIBE_PATH = "/rest/2.0/smartapp/template/message/subscribe/send";
const LATER = Date.now() + 86_400_000;

const TOKEN = {
  grant_type: "client_credentials",
  client_id: "wx-sandbox",
  client_secret: "sandbox-secret",
  scope: "smartapp_snsapi_base",
};
const BY_CODE = {
  template_id: "BD0003",
  touser_openId: "u1",
  data: '{"keyword1":{"value":"a"}}',
  scene_id: "form-1",
  scene_type: "1",
};
const BY_ID = {
  template_id: "BD0003",
  touser_openId: "u1",
  data: '{"keyword1":{"value":"a"}}',
  subscribe_id: "8026",
};

type Fields = Record<string, string | undefined>;

async function post({ sandbox }: Api, path: string, body: string, type?: string) {
  const headers = type === undefined ? {} : { "content-type": type };
  const response = await fetch(sandbox.url + path, { method: "POST", body, headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

function form(fields: Fields): string {
  const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return new URLSearchParams(given).toString();
}

const FORM = "application/x-www-form-urlencoded";

async function tokenOf(api: Api): Promise<string> {
  const { json } = await post(api, "/oauth/2.0/token", form(TOKEN), FORM);
  return String(json.access_token);
}

/** The errno or error_code that a message is answered with. */
async function send(api: Api, path: string, fields: Fields, token?: string): Promise<unknown> {
  const query = `?access_token=${token ?? (await tokenOf(api))}`;
  const { json } = await post(api, path + query, form(fields), FORM);
  return json.error_code ?? json.errno;
}

const byCode = (api: Api, changes: Fields = {}) => send(api, CODE_PATH, { ...BY_CODE, ...changes });
const byId = (api: Api, changes: Fields = {}) => send(api, SUBSCRIBE_PATH, { ...BY_ID, ...changes });

describe("tokens", () => {
  it("live for 30 days, several together", () =>
    withApi({ acceptAny: true }, async (api) => {
      const { json } = await post(api, "/oauth/2.0/token", form(TOKEN), FORM);
      expect(json).toMatchObject({ access_token: expect.any(String), expires_in: 2_592_000 });
      await tokenOf(api);
      expect(await send(api, CODE_PATH, BY_CODE, String(json.access_token))).toBe(0);
    }));

  it.each<[string, Fields, number, string]>([
    ["a wrong AppKey", { client_id: "other" }, 401, "invalid_client"],
    ["a wrong secret", { client_secret: "other" }, 401, "invalid_client"],
    ["a wrong grant", { grant_type: "client_credential" }, 400, "unsupported_grant_type"],
  ])("are refused in OAuth's words for %s", (_, changes, status, error) =>
    withApi({}, async (api) => {
      const answer = await post(api, "/oauth/2.0/token", form({ ...TOKEN, ...changes }), FORM);
      expect(answer).toMatchObject({ status, json: { error, error_description: expect.any(String) } });
    }),
  );

  it("that are wrong or expired are the gateway's matter", () =>
    withApi({ acceptAny: true }, async (api) => {
      const token = await tokenOf(api);
      expect(await send(api, CODE_PATH, BY_CODE, "wrong")).toBe(110);
      await post(api, "/sandbox/expire-tokens", "");
      expect(await send(api, CODE_PATH, BY_CODE, token)).toBe(111);
    }));
});

it("takes forms alone: what is sent as JSON has no parameters", () =>
  withApi({ acceptAny: true }, async (api) => {
    const path = `${CODE_PATH}?access_token=${await tokenOf(api)}`;
    for (const [body, type] of [
      [JSON.stringify(BY_CODE), "application/json"],
      [form(BY_CODE), "application/json"],
      [form(BY_CODE), "text/plain"],
      [JSON.stringify(BY_CODE), FORM],
    ] as const)
      expect((await post(api, path, body, type)).json).toMatchObject({ errno: 2002 });
    const { json } = await post(api, path, form(BY_CODE), `${FORM};charset=utf-8`);
    expect(json).toMatchObject({ errno: 0, msg: "success", data: { msg_key: expect.any(Number) } });
    expect(api.sandbox.stats()).toMatchObject({ delivered: 1, byErrcode: { 0: 1, 2002: 4 } });
  }));

describe("codes", () => {
  it("of a form bring one message, of a payment three; used, expired, another's and unknown look alike", () =>
    withApi({}, async (api) => {
      const codes = [
        { openId: "u1", formId: "form-1", expire: LATER },
        { openId: "u1", formId: "pay-2", expire: LATER, scene: 2 },
        { openId: "u1", formId: "pay-3", expire: LATER, scene: 3 },
        { openId: "u1", formId: "old-1", expire: 1 },
        { openId: "u2", formId: "other-1", expire: LATER },
      ];
      await post(api, "/sandbox/codes", JSON.stringify(codes));
      expect([await byCode(api), await byCode(api)]).toEqual([0, 4003]);
      for (const scene_id of ["old-1", "other-1", "unknown-1", "pay-2"])
        expect(await byCode(api, { scene_id })).toBe(4003);
      const payment = { scene_id: "pay-2", scene_type: "2" };
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push(await byCode(api, payment));
      expect(answers).toEqual([0, 0, 0, 4004]);
      expect(await byCode(api, { scene_id: "pay-3", scene_type: "2" })).toBe(4004);
      expect(await byCode(api, { scene_id: "pay-3", scene_type: "3" })).toBe(0);
    }));

  it("go to a guest's swan_id or a user's openId, as their last character says", () =>
    withApi({ acceptAny: true }, async (api) => {
      const guest = { touser_openId: undefined, touser: "g1" };
      expect(await byCode(api, { ...guest, scene_id: "a0" })).toBe(0);
      expect(await byCode(api, { ...guest, scene_id: "a1" })).toBe(4003);
      expect(await byCode(api, { scene_id: "b0" })).toBe(4003);
      expect(await byCode(api, { touser: "g1", scene_id: "c1" })).toBe(2002);
      expect(await byCode(api, { touser_openId: undefined })).toBe(2002);
    }));
});

it("takes a subscribe_id once, however often it was agreed to", () =>
  withApi({}, async (api) => {
    const one = { openId: "u1", templateId: "BD0003", subscribeId: "8026" };
    await post(api, "/sandbox/subscriptions", JSON.stringify([one, one, { ...one, subscribeId: "8027" }]));
    expect([await byId(api), await byId(api)]).toEqual([0, 4007]);
    expect(await byId(api, { subscribe_id: "8027" })).toBe(0);
    expect(await byId(api, { subscribe_id: "8028" })).toBe(4007);
    expect(await byId(api, { touser_openId: "u2", subscribe_id: "8027" })).toBe(4007);
    await post(api, "/sandbox/subscriptions", JSON.stringify([one]));
    expect([await byId(api), await byId(api)]).toEqual([0, 4007]);
    const { status } = await post(api, "/sandbox/subscriptions", '[{"openId":"u1","templateId":"BD0003"}]');
    expect(status).toBe(400);
  }));

it.each<[string, Fields, number]>([
  ["no data", { data: undefined }, 2002],
  ["data that is no JSON", { data: "keyword1=a" }, 2002],
  ["data of other names", { data: '{"thing1":{"value":"a"}}' }, 2002],
  ["no template", { template_id: undefined }, 2002],
  ["a template that is not there", { template_id: "unknown" }, 4001],
  ["an openId that is nobody's", { touser_openId: "invalid_1" }, 4010],
])("refuses %s", (_, changes, errno) =>
  withApi({ acceptAny: true }, async (api) => {
    expect([await byCode(api, changes), await byId(api, changes)]).toEqual([errno, errno]);
  }),
);

it("refuses a scene_type that there is not", () =>
  withApi({ acceptAny: true }, async (api) => {
    for (const scene_type of ["0", "4", "form", undefined])
      expect(await byCode(api, { scene_type })).toBe(2002);
  }));
