import { expect, it } from "vitest";
import { USER, withGateway } from "./alipay/client.ts";
import { type Api, message, TEMPLATES, TOKEN_QUERY, withApi } from "./api.ts";

const PATH = "/sandbox/messages";
const NOW_MS = Date.parse("2026-11-28T03:00:00Z");

async function inbox({ sandbox }: Pick<Api, "sandbox">, query = ""): Promise<unknown> {
  const response = await fetch(`${sandbox.url}${PATH}${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

const got = (openId: string, templateId: string, page: string | null, data: object) => ({
  at: "2026-11-28T03:00:00.000Z",
  openId,
  templateId,
  page,
  data,
});

it("are as users got them, the newest first, of all platforms; what was refused is not among them", async () => {
  await withApi({ acceptAny: true, now: () => NOW_MS }, async (api) => {
    expect(await inbox(api)).toEqual([]);
    await api.send(message({ page: "pages/a?b=1" }));
    await api.send(message({ touser: "refused_1", form_id: "form-2" }));
    await api.subscribe();
    const token = (await api.fetchToken()).json.access_token;
    await api.call("POST", `/cgi-bin/message/template/send?access_token=${token}`, {
      touser: "oFan",
      template_id: "MP",
      miniprogram: { appid: "wx2", pagepath: "pages/b" },
      url: "https://example.com",
      data: { first: { value: "a", color: "#173177" } },
    });
    const qq = (await api.call("GET", `/api/getToken?${TOKEN_QUERY}`)).json.access_token;
    const body = { touser: "oQ", template_id: "T1", data: { keyword1: { value: "q" } } };
    await api.call("POST", `/api/json/subscribe/SendSubscriptionMessage?access_token=${qq}`, body);
    expect(await inbox(api)).toEqual([
      got("oQ", "T1", null, { keyword1: "q" }),
      got("oFan", "MP", "pages/b", { first: "a" }),
      got("oAlice", TEMPLATES.activity, "pages/index", {
        thing1: "奶茶",
        time2: "10:00",
        thing3: "人民广场店",
      }),
      got("oAlice", "TPL", "pages/a?b=1", { keyword1: "hi" }),
    ]);
    expect(await inbox(api, "?openId=oAlice&limit=1")).toMatchObject([{ templateId: TEMPLATES.activity }]);
    await api.call("POST", "/sandbox/reset");
    expect(await inbox(api)).toEqual([]);
  });
});

it("of Baidu, and of Alipay", async () => {
  await withApi({ acceptAny: true, now: () => NOW_MS }, async (api) => {
    const post = (path: string, fields: Record<string, string>) =>
      fetch(api.sandbox.url + path, { method: "POST", body: new URLSearchParams(fields) });
    const client = { client_id: "wx-sandbox", client_secret: "sandbox-secret" };
    const scope = { grant_type: "client_credentials", scope: "smartapp_snsapi_base" };
    const answer = await post("/oauth/2.0/token", { ...scope, ...client });
    const { access_token } = (await answer.json()) as { access_token: string };
    const fields = { touser_openId: "u1", template_id: "BD1", data: '{"keyword1":{"value":"b"}}' };
    const query = `access_token=${access_token}`;
    await post(`/rest/2.0/smartapp/template/message/subscribe/send?${query}`, {
      ...fields,
      subscribe_id: "1",
    });
    expect(await inbox(api)).toEqual([got("u1", "BD1", null, { keyword1: "b" })]);
  });
  await withGateway({ acceptAny: true }, async (gateway) => {
    await gateway.send();
    expect(await inbox(gateway)).toMatchObject([
      { openId: USER, templateId: "TPL", page: "pages/index", data: { keyword1: "a" } },
    ]);
  });
});

it("are the newest 1,000, without what a sender should not have put into them", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const token = String((await api.fetchStable()).json.access_token);
    for (let i = 0; i < 1003; i++)
      await api.send(message({ form_id: `f${i}`, touser: `o${i}`, access_token: token }), token);
    const all = (await inbox(api)) as { openId: string }[];
    expect(all.map(({ openId }) => openId)).toEqual(Array.from({ length: 1000 }, (_, i) => `o${1002 - i}`));
    expect(JSON.stringify(all)).not.toContain(token);
    expect(await inbox(api, "?limit=2")).toEqual(all.slice(0, 2));
  });
});

it("takes no other limit than a number, and no POST", async () => {
  await withApi({}, async ({ call }) => {
    expect(await call("GET", `${PATH}?limit=many`)).toMatchObject({
      status: 400,
      json: { error: 'the limit "many" is not a whole number; such as ?limit=20' },
    });
    expect((await call("POST", PATH)).status).toBe(405);
  });
});
