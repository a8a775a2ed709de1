import { describe, expect, test } from "vitest";
import { type Api, TEMPLATES, withApi } from "../api.ts";
import { type Receiver, SUCCESS, withReceiver } from "./receiver.ts";

const QUIET = { delayMs: 1, twicePercent: 0, joinPercent: 0, paddedPercent: 0 };

function withEvents(
  options: object,
  body: (api: Api, receiver: Receiver) => Promise<void>,
  answer: Parameters<typeof withReceiver>[0] = SUCCESS,
): Promise<void> {
  return withReceiver(answer, (receiver) =>
    withApi({ acceptAny: true, callback: { ...QUIET, ...options, url: receiver.url } }, (api) =>
      body(api, receiver),
    ),
  );
}

describe("of cloud hosting", () => {
  test.each([["json", "application/json"] as const, ["xml", "text/xml"] as const])(
    "pushes are not signed and have their mark, in %s",
    async (format, type) => {
      await withEvents({ cloudHosting: true, format }, async (api, { wait }) => {
        await api.subscribe();
        const [post] = await wait(1);
        expect(Object.fromEntries(post?.query ?? [])).toEqual({ from: "sandbox" });
        expect(post?.headers["x-wx-sources"]).toMatch(/./);
        expect(post?.contentType).toBe(type);
        expect(post?.body).toContain("subscribe_msg_sent_event");
      });
    },
  );

  test("the check is a post without the mark, answered with success alone", async () => {
    await withEvents({ cloudHosting: true }, async ({ call }, { wait, asked }) => {
      expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: true });
      const [post] = await wait(1);
      expect({ body: post?.body, mark: post?.headers["x-wx-sources"], asked }).toEqual({
        body: '{"action":"CheckContainerPath"}',
        mark: undefined,
        asked: [],
      });
    });
    const refuse = () => ({ status: 200, body: "successful" });
    await withEvents(
      { cloudHosting: true },
      async ({ call }) => {
        expect((await call("POST", "/sandbox/verify")).json).toEqual({ verified: false });
      },
      refuse,
    );
  });

  test("nothing is encrypted", async () => {
    await withApi({}, async ({ call }) => {
      const callback = { url: "http://127.0.0.1:1/", cloudHosting: true, aesKey: "A".repeat(43) };
      expect(await call("POST", "/sandbox/callback", callback)).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining("cloud hosting") },
      });
    });
  });
});

test("a user's message and an event of any name are pushed", async () => {
  await withEvents({}, async ({ call }, { wait }) => {
    await call("POST", "/sandbox/message", { openId: "oAlice", text: 'hi "you"' });
    expect(JSON.parse((await wait(1))[0]?.body ?? "")).toEqual({
      ToUserName: "gh_sandbox",
      FromUserName: "oAlice",
      CreateTime: expect.any(Number),
      MsgType: "text",
      Content: 'hi "you"',
      MsgId: expect.stringMatching(/^\d{19}$/),
    });
    await call("POST", "/sandbox/message", { openId: "oAlice", event: "wxa_media_check" });
    expect(JSON.parse((await wait(2))[1]?.body ?? "")).toMatchObject({
      MsgType: "event",
      Event: "wxa_media_check",
    });
    expect(await call("POST", "/sandbox/message", { openId: "oAlice" })).toMatchObject({ status: 400 });
  });
  await withEvents({ format: "xml" }, async ({ call }, { wait }) => {
    await call("POST", "/sandbox/message", { openId: "oAlice", text: "a]]>b" });
    expect((await wait(1))[0]?.body).toMatch(
      /<MsgType><!\[CDATA\[text\]\]><\/MsgType><Content><!\[CDATA\[a\]\]\]\]><!\[CDATA\[>b\]\]><\/Content><MsgId>\d{19}<\/MsgId><\/xml>$/,
    );
  });
});

test("the last push comes again when it is asked for, word for word", async () => {
  await withEvents({}, async ({ call }, { wait }) => {
    expect((await call("POST", "/sandbox/redeliver")).json).toEqual({ redelivered: false });
    const templates = { [TEMPLATES.activity]: "accept" };
    await call("POST", "/sandbox/prompt", { openId: "oAlice", templates });
    await wait(1);
    expect((await call("POST", "/sandbox/redeliver")).json).toEqual({ redelivered: true });
    const [first, second] = await wait(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.query.get("nonce")).not.toBe(first?.query.get("nonce"));
  });
});
