import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { type Api, TEMPLATES, withApi } from "../api.ts";
import { SUCCESS, withReceiver } from "./receiver.ts";

const require = createRequire(import.meta.url);
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const DATA = { thing1: { value: "奶茶" }, time2: { value: "10:00" }, thing3: { value: "人民广场店" } };

/** co-wechat-api, as far as it is used here; it has no types. */
interface CoWechatApi {
  prefix: string;
  sendSubscribeMessage(openId: string, templateId: string, page: string, data: object): Promise<unknown>;
  sendTemplate(
    openId: string,
    templateId: string,
    url: string,
    topColor: string,
    data: object,
    miniprogram?: object,
  ): Promise<unknown>;
}

function createCoWechat({ sandbox }: Api): CoWechatApi {
  const Client = require("co-wechat-api") as new (appid: string, secret: string) => CoWechatApi;
  const client = new Client("wx-sandbox", "sandbox-secret");
  client.prefix = `${sandbox.url}/cgi-bin/`;
  return client;
}

const easyWechat = require("node-easywechat") as typeof import("node-easywechat");

function createEasyWechat(api: Api) {
  return withoutFiles(new easyWechat.MiniApp(configOf(api)));
}

function configOf({ sandbox }: Api) {
  return {
    app_id: "wx-sandbox",
    secret: "sandbox-secret",
    token: "t",
    aes_key: KEY,
    use_stable_access_token: true,
    http: { baseURL: sandbox.url, throw: false },
  };
}

/** Its own cache would write the token to a file. */
function withoutFiles<App extends { setCache(cache: never): unknown }>(app: App): App {
  const tokens = new Map<string, unknown>();
  app.setCache({
    get: async (id: string) => tokens.get(id),
    set: async (id: string, data: unknown) => tokens.set(id, data) !== undefined,
    has: async (id: string) => tokens.has(id),
    delete: async (id: string) => tokens.delete(id),
  } as never);
  return app;
}

async function grantOne({ call }: Api): Promise<void> {
  const consents = [{ openId: "oAlice", templateId: TEMPLATES.activity }];
  await call("POST", "/sandbox/consents", consents);
}

test("co-wechat-api sends a subscribe message, and gets 43101 for the next", async () => {
  await withApi({}, async (api) => {
    await grantOne(api);
    const client = createCoWechat(api);
    const send = () => client.sendSubscribeMessage("oAlice", TEMPLATES.activity, "pages/index", DATA);
    expect(await send()).toMatchObject({ errcode: 0, errmsg: "ok" });
    await expect(send()).rejects.toMatchObject({ name: "WeChatAPIError", code: 43101 });
    expect(api.sandbox.stats()).toMatchObject({
      deliveriesByUser: { oAlice: 1 },
      tokensIssued: { basic: 1, stable: 0 },
      subscribe: { lastMessage: { touser: "oAlice", data: DATA } },
    });
  });
});

test("node-easywechat does so too, with a stable token", async () => {
  await withApi({}, async (api) => {
    await grantOne(api);
    const client = createEasyWechat(api).getClient();
    const message = { touser: "oAlice", template_id: TEMPLATES.activity, data: DATA, lang: "zh_CN" };
    const send = async () =>
      (await client.request("POST", "cgi-bin/message/subscribe/send", { data: message })).toObject();
    expect(await send()).toMatchObject({ errcode: 0, errmsg: "ok" });
    expect(await send()).toMatchObject({ errcode: 43101 });
    expect(api.sandbox.stats()).toMatchObject({
      deliveriesByUser: { oAlice: 1 },
      tokensIssued: { basic: 0, stable: 1 },
      subscribe: { lastMessage: { touser: "oAlice", lang: "zh_CN" } },
    });
  });
});

describe("an official account's template message", () => {
  test("of co-wechat-api goes to followers alone", async () => {
    await withApi({}, async (api) => {
      await api.call("POST", "/sandbox/followers", { openIds: ["oAlice"] });
      const client = createCoWechat(api);
      const send = (openId: string) =>
        client.sendTemplate(openId, "T1", "https://example.com", "#173177", DATA, {
          appid: "wx0123456789abcdef",
          pagepath: "index?foo=bar",
        });
      expect(await send("oAlice")).toMatchObject({ errcode: 0, errmsg: "ok" });
      await expect(send("oBob")).rejects.toMatchObject({ name: "WeChatAPIError", code: 43004 });
      expect(api.sandbox.stats().deliveriesByUser).toEqual({ oAlice: 1 });
    });
  });

  test("of node-easywechat is known by its client_msg_id for ten minutes", async () => {
    let nowMs = 1_795_000_000_000;
    await withApi({ acceptAny: true, now: () => nowMs }, async (api) => {
      const client = withoutFiles(new easyWechat.OfficialAccount(configOf(api))).getClient();
      const message = { touser: "oAlice", template_id: "T1", data: DATA, client_msg_id: "MSG_000001" };
      const send = async () =>
        (await client.request("POST", "cgi-bin/message/template/send", { data: message })).toObject();
      expect(await send()).toMatchObject({ errcode: 0 });
      nowMs += 9 * 60_000;
      expect(await send()).toMatchObject({ errcode: 0 });
      expect(api.sandbox.stats().deliveriesByUser).toEqual({ oAlice: 1 });
      nowMs += 2 * 60_000;
      expect(await send()).toMatchObject({ errcode: 0 });
      expect(api.sandbox.stats().deliveriesByUser).toEqual({ oAlice: 2 });
    });
  });
});

test("node-easywechat logs a user in", async () => {
  await withApi({}, async (api) => {
    const { code } = (await api.call("POST", "/sandbox/login", { openId: "oAlice" })).json;
    const session = await createEasyWechat(api).getUtils().codeToSession(String(code));
    expect(session).toMatchObject({ openid: "oAlice", session_key: expect.any(String) });
  });
});

test("node-easywechat opens an encrypted receipt", async () => {
  await withReceiver(SUCCESS, async ({ url, wait }) => {
    const callback = { url, token: "t", aesKey: KEY, format: "xml", delayMs: 1, paddedPercent: 0 } as const;
    await withApi({ acceptAny: true, callback }, async (api) => {
      const { text } = await api.subscribe();
      const [post] = await wait(1);
      const encrypted = /<Encrypt><!\[CDATA\[(.*)\]\]>/.exec(post?.body ?? "")?.[1] ?? "";
      const parameter = (name: string) => post?.query.get(name) ?? "";
      const opened = createEasyWechat(api)
        .getEncryptor()
        .decrypt(encrypted, parameter("msg_signature"), parameter("nonce"), Number(parameter("timestamp")));
      expect(opened).toContain(`<MsgID>${/"msgid":(\d+)/.exec(text)?.[1]}</MsgID>`);
    });
  });
});
