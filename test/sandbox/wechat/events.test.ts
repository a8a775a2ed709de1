import { createDecipheriv, createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CallbackOptions } from "../../../src/sandbox/sandbox.ts";
import { type Api, subscribeMessage, TEMPLATES, withApi } from "../api.ts";
import { type Post, type Receiver, SUCCESS, withReceiver } from "./receiver.ts";

const QUIET = { delayMs: 1, twicePercent: 0, joinPercent: 0, paddedPercent: 0 };
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/** Runs the body with a sandbox that posts to a receiver. */
function withEvents(
  options: Omit<CallbackOptions, "url">,
  body: (api: Api, receiver: Receiver) => Promise<void>,
  answer: Parameters<typeof withReceiver>[0] = SUCCESS,
): Promise<void> {
  return withReceiver(answer, (receiver) =>
    withApi({ acceptAny: true, callback: { ...QUIET, ...options, url: receiver.url } }, (api) =>
      body(api, receiver),
    ),
  );
}

function sha1(...texts: (string | null)[]): string {
  return createHash("sha1").update(texts.sort().join("")).digest("hex");
}

/** As the vendor describes the envelope. */
function decrypt(encrypted: string): { message: string; appid: string } {
  const key = Buffer.from(`${KEY}=`, "base64");
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const bytes = Buffer.concat([decipher.update(encrypted, "base64"), decipher.final()]);
  expect(bytes.length % 32).toBe(0);
  const padding = bytes.at(-1) ?? 0;
  expect(new Set(bytes.subarray(-padding))).toEqual(new Set([padding]));
  const end = 20 + bytes.readUInt32BE(16);
  return {
    message: bytes.toString("utf8", 20, end),
    appid: bytes.toString("utf8", end, bytes.length - padding),
  };
}

function eventOf(post: Post | undefined): Record<string, unknown> {
  return JSON.parse(post?.body ?? "{}");
}

test("a receipt comes after a send, signed, with the msgid of the answer", async () => {
  await withEvents({ token: "secret" }, async (api, { wait }) => {
    const { text } = await api.subscribe();
    const [post] = await wait(1);
    const { query, contentType } = post as Post;
    expect(eventOf(post)).toEqual({
      ToUserName: "gh_sandbox",
      FromUserName: "oAlice",
      CreateTime: expect.any(Number),
      MsgType: "event",
      Event: "subscribe_msg_sent_event",
      List: {
        TemplateId: TEMPLATES.activity,
        MsgID: /"msgid":(\d+)/.exec(text)?.[1],
        ErrorCode: "0",
        ErrorStatus: "success",
      },
    });
    expect(query.get("signature")).toBe(sha1("secret", query.get("timestamp"), query.get("nonce")));
    expect({ openid: query.get("openid"), from: query.get("from"), contentType }).toEqual({
      openid: "oAlice",
      from: "sandbox",
      contentType: "application/json",
    });
  });
});

test("a receipt comes for a send whose answer was lost, none for one that never arrived or was refused", async () => {
  await withEvents({}, async (api, { wait, posts }) => {
    for (const kind of ["busy", "reset", "busy-delivered"] as const) {
      api.sandbox.setFaults([{ kind, percent: 100 }]);
      await api.subscribe(subscribeMessage({ touser: `o-${kind}` })).catch(() => undefined);
    }
    api.sandbox.setFaults([]);
    await api.subscribe(subscribeMessage({ touser: "refused_1" }));
    await api.subscribe(subscribeMessage({ touser: "oLast" }));
    await wait(2);
    await expect.poll(() => api.sandbox.stats().subscribe.events).toMatchObject({ answered: 2, waiting: 0 });
    expect(posts.map(({ query }) => query.get("openid")).sort()).toEqual(["o-busy-delivered", "oLast"]);
  });
});

test("a message may fail after it was accepted: not delivered, and the receipt says so", async () => {
  await withEvents({ failPercent: 100 }, async (api, { wait }) => {
    expect((await api.subscribe()).json.errcode).toBe(0);
    const [post] = await wait(1);
    expect(eventOf(post).List).toMatchObject({ ErrorCode: "-1", ErrorStatus: "system error" });
    expect(api.sandbox.stats()).toMatchObject({ delivered: 0, subscribe: { delivered: 0, failed: 1 } });
  });
});

test("the prompt and a withdrawal are told: one item as an object, several as an array", async () => {
  await withEvents({}, async ({ call }, { wait }) => {
    const templates = { [TEMPLATES.activity]: "accept", [TEMPLATES.order]: "reject" };
    await call("POST", "/sandbox/prompt", { openId: "oSilent", templates, silent: true });
    await call("POST", "/sandbox/prompt", { openId: "oAlice", templates });
    expect(eventOf((await wait(1))[0])).toMatchObject({
      FromUserName: "oAlice",
      Event: "subscribe_msg_popup_event",
      List: [
        { TemplateId: TEMPLATES.activity, SubscribeStatusString: "accept", PopupScene: "0" },
        { TemplateId: TEMPLATES.order, SubscribeStatusString: "reject", PopupScene: "0" },
      ],
    });
    await call("POST", "/sandbox/withdraw", { openId: "oAlice", templateIds: [TEMPLATES.activity] });
    expect(eventOf((await wait(2))[1])).toMatchObject({
      Event: "subscribe_msg_change_event",
      List: { TemplateId: TEMPLATES.activity, SubscribeStatusString: "reject" },
    });
  });
});

test("receipts of a user that wait come in one event", async () => {
  await withEvents({ joinPercent: 100, delayMs: 2000 }, async (api, { wait }) => {
    for (const touser of ["oAlice", "oAlice", "oBob", "oAlice"])
      await api.subscribe(subscribeMessage({ touser }));
    const posts = await wait(2);
    const lists = posts.map((post) => eventOf(post).List);
    expect(lists.map((list) => (Array.isArray(list) ? list.length : 1)).sort()).toEqual([1, 3]);
    expect(api.sandbox.stats().subscribe.events).toMatchObject({ made: 2, waiting: 0 });
  });
});

test("an event may come twice, word for word, and an unrelated one before it", async () => {
  await withEvents({ twicePercent: 100, strayPercent: 100 }, async (api, { wait }) => {
    await api.subscribe();
    const posts = await wait(3);
    const [stray, ...same] = posts.toSorted((a) => (a.body.includes("user_enter_tempsession") ? -1 : 0));
    expect(eventOf(stray)).toMatchObject({ Event: "user_enter_tempsession", FromUserName: "oAlice" });
    expect(same[0]?.body).toBe(same[1]?.body);
    expect(same[0]?.query.get("nonce")).not.toBe(same[1]?.query.get("nonce"));
  });
});

test.each([
  ["no 200", { status: 500, body: "success" }],
  ["no answer", undefined],
])("%s: the event comes again, three times in all", async (_name, reply) => {
  const answer = (n: number) => (n < 3 ? reply : SUCCESS());
  await withEvents(
    { answerMs: 400 },
    async (api, { url, wait }) => {
      await api.subscribe();
      const posts = await wait(3);
      expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
      await expect.poll(() => api.sandbox.stats().subscribe.events).toMatchObject({ posted: 1, givenUp: 1 });
      api.sandbox.setCallback({ ...QUIET, url });
      await api.subscribe(subscribeMessage({ touser: "oBob" }));
      expect((await wait(4))[3]?.query.get("openid")).toBe("oBob");
      await expect.poll(() => api.sandbox.stats().subscribe.events).toMatchObject({ posted: 2, answered: 1 });
    },
    answer,
  );
});

test("in XML: a List for each item, ids that may have line breaks around them", async () => {
  await withEvents({ format: "xml", paddedPercent: 100 }, async ({ call }, { wait }) => {
    const templates = { [TEMPLATES.activity]: "accept", [TEMPLATES.order]: "reject" };
    await call("POST", "/sandbox/prompt", { openId: "oAlice", templates });
    const [post] = await wait(1);
    expect(post?.contentType).toBe("text/xml");
    expect(post?.body.replace(/<CreateTime>\d{10}</, "<CreateTime>1<")).toBe(
      `<xml><ToUserName><![CDATA[gh_sandbox]]></ToUserName><FromUserName><![CDATA[oAlice]]></FromUserName>
<CreateTime>1</CreateTime>
<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_popup_event]]></Event>
<SubscribeMsgPopupEvent>
 <List><TemplateId><![CDATA[\n${TEMPLATES.activity}\n]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>0</PopupScene></List>
 <List><TemplateId><![CDATA[\n${TEMPLATES.order}\n]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>0</PopupScene></List>
</SubscribeMsgPopupEvent></xml>`,
    );
  });
});

test("with a key events come encrypted, in the compatible mode both ways", async () => {
  for (const compatible of [false, true]) {
    await withEvents({ aesKey: KEY, token: "t", compatible }, async (api, { wait }) => {
      await api.subscribe();
      const [post] = await wait(1);
      const { Encrypt, ...outer } = eventOf(post) as { Encrypt: string };
      const { message, appid } = decrypt(Encrypt);
      expect({ appid, type: post?.query.get("encrypt_type") }).toEqual({ appid: "wx-sandbox", type: "aes" });
      expect(JSON.parse(message)).toMatchObject({ Event: "subscribe_msg_sent_event" });
      expect(outer).toEqual(compatible ? JSON.parse(message) : { ToUserName: "gh_sandbox" });
      const { query } = post as Post;
      const signed = sha1("t", query.get("timestamp"), query.get("nonce"), Encrypt);
      expect(query.get("msg_signature")).toBe(signed);
    });
  }
});

test("encrypted XML, and an unrelated event that is another app's", async () => {
  await withEvents({ aesKey: KEY, format: "xml", strayPercent: 100 }, async (api, { wait }) => {
    await api.subscribe();
    const opened = (await wait(2)).map(({ body }) =>
      decrypt(/^<xml><ToUserName>.*<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt><\/xml>$/.exec(body)?.[1] ?? ""),
    );
    expect(opened.map(({ appid }) => appid).sort()).toEqual(["wx-another-app", "wx-sandbox"]);
    expect(opened.every(({ message }) => message.startsWith("<xml>"))).toBe(true);
  });
});

test("the callback is asked to echo, signed", async () => {
  await withEvents({ token: "t" }, async ({ call, sandbox }, { url, asked }) => {
    expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: true });
    const [query] = asked;
    const signed = sha1("t", query?.get("timestamp") ?? null, query?.get("nonce") ?? null);
    expect(query?.get("signature")).toBe(signed);
    expect(query?.get("echostr")).toMatch(/^\d+$/);
    // Another server, which does not know the path.
    sandbox.setCallback({ url: `${sandbox.url}/nothing` });
    expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: false });
    sandbox.setCallback({ url: url.replace(/:\d+/, ":1") });
    expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: false });
    sandbox.setCallback(undefined);
    expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: false });
  });
});

test("a callback is set and taken away by a request; a reset drops what waits", async () => {
  await withReceiver(SUCCESS, async ({ url, wait, posts }) => {
    await withApi({ acceptAny: true }, async (api) => {
      await api.subscribe();
      expect(api.sandbox.stats().subscribe.events.made).toBe(0);
      expect((await api.call("POST", "/sandbox/callback", { url, delayMs: 1 })).json).toEqual({
        callback: url,
      });
      await api.subscribe();
      await wait(1);
      expect((await api.call("POST", "/sandbox/callback", "null")).json).toEqual({ callback: null });
      await api.subscribe();
      await api.call("POST", "/sandbox/callback", { url, delayMs: 3_600_000, twicePercent: 0 });
      const count = posts.length;
      await api.subscribe();
      expect(api.sandbox.stats().subscribe.events.waiting).toBeGreaterThan(0);
      api.sandbox.reset();
      expect(api.sandbox.stats().subscribe.events).toMatchObject({ made: 0, waiting: 0 });
      expect(posts.length).toBeLessThanOrEqual(count + 1);
    });
  });
});
