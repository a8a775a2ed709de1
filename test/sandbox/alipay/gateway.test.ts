import { AlipaySdk } from "alipay-sdk";
import { describe, expect, it } from "vitest";
import { message, USER, withGateway } from "./client.ts";

const DAY_MS = 86_400_000;
const code = (change: object = {}) => ({
  openId: USER,
  formId: "F1",
  expire: Date.now() + DAY_MS,
  ...change,
});

describe("a formId", () => {
  it("brings three messages, whatever was registered, and no fourth", async () => {
    await withGateway({}, async ({ sandbox, send }) => {
      sandbox.registerCodes([code({ uses: 1 })]);
      for (let i = 0; i < 3; i++)
        expect(await send()).toEqual({ code: "10000", msg: "Success", name: "own", isSigned: true });
      expect(await send()).toMatchObject({
        code: "40004",
        sub_code: "SANDBOX_FORM_ID_USED_UP",
        isSigned: true,
      });
      expect(sandbox.stats()).toMatchObject({
        delivered: 3,
        maxPerUser: 3,
        byErrcode: { "0": 3, "40004/SANDBOX_FORM_ID_USED_UP": 1 },
      });
    });
  });

  it("is good for a time, one user and this mini program", async () => {
    let now = Date.now();
    await withGateway({ now: () => now }, async ({ sandbox, send }) => {
      const expire = now + DAY_MS;
      sandbox.registerCodes([code({ expire }), code({ formId: "F2", openId: "2088000000000001" })]);
      const word = async (change: object) => {
        const { code, sub_code } = await send(message(change));
        return `${code}/${sub_code}`;
      };
      expect(await word({ form_id: "F9" })).toBe("40004/FORM_ID_NOT_MATCH_APPID");
      expect(await word({ form_id: "F2" })).toBe("40004/TRADE_NO_NOT_MATCH_USERID");
      now += DAY_MS - 60_000;
      expect(await send(message(), { timestamp: beijing(now) })).toMatchObject({ code: "10000" });
      now += 60_000;
      expect(await send(message(), { timestamp: beijing(now) })).toMatchObject({
        sub_code: "FORM_ID_OVER_TIME",
      });
    });
  });
});

const beijing = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

it("takes one consent for a message without a formId, and none of another template", async () => {
  await withGateway({}, async ({ sandbox, send }) => {
    sandbox.registerConsents([{ openId: USER, templateId: "TPL", count: 2 }]);
    const { form_id: _, ...subscription } = message() as Record<string, unknown>;
    const words = [];
    for (const user_template_id of ["TPL", "OTHER", "TPL", "TPL"])
      words.push((await send({ ...subscription, user_template_id })).sub_code);
    expect(words).toEqual([undefined, "SANDBOX_NOT_SUBSCRIBED", undefined, "SANDBOX_NOT_SUBSCRIBED"]);
  });
});

it("refuses what was not signed, or signed otherwise, and repeats the text as the gateway does", async () => {
  await withGateway({ acceptAny: true }, async ({ sandbox, send }) => {
    const added = await send(undefined, {}, (query) => query.set("notify_url", "http://x"));
    expect(added).toMatchObject({
      code: "40002",
      sub_code: "isv.invalid-signature",
      sub_msg: expect.stringContaining(USER),
      name: "error_response",
      isSigned: false,
    });
    const altered = (query: URLSearchParams) =>
      query.set("biz_content", String(query.get("biz_content")).replace("pages", "other"));
    for (const change of [altered, (query: URLSearchParams) => query.set("sign", "AAAA")])
      expect(await send(undefined, {}, change)).toMatchObject({ sub_code: "isv.invalid-signature" });
    const twice = await fetch(`${sandbox.url}/gateway.do?app_id=1`, {
      method: "POST",
      body: new URLSearchParams({ app_id: "1" }),
    });
    expect(twice.status).toBe(400);
    expect(sandbox.stats().delivered).toBe(0);
  });
});

it.each([
  [{ app_id: "2021000000000001" }, "40002/isv.invalid-app-id"],
  [{ sign_type: "RSA" }, "40002/isv.invalid-sign-type"],
  [{ charset: "GBK" }, "40002/isv.invalid-charset"],
  [{ timestamp: "2020-01-01 00:00:00" }, "40002/isv.invalid-timestamp"],
  [{ timestamp: new Date().toISOString().slice(0, 19).replace("T", " ") }, "40002/isv.invalid-timestamp"],
  [{ method: "alipay.x" }, "40002/isv.invalid-method"],
  [{ version: "" }, "40001/isv.missing-version"],
  [{ app_cert_sn: "0" }, "40002/isv.invalid-app-cert-sn"],
])("refuses a request with %j before it looks at the message", async (change, word) => {
  await withGateway({ acceptAny: true }, async ({ sandbox, send }) => {
    const answer = await send(message(), change as Record<string, string>);
    expect(answer).toMatchObject({ name: "error_response", isSigned: false });
    expect(`${answer.code}/${answer.sub_code}`).toBe(word);
    expect(sandbox.stats().delivered).toBe(0);
  });
});

it.each([
  [{ to_user_id: undefined }, "40002/isv.invalid-parameter"],
  [{ to_open_id: "o" }, "40002/isv.invalid-parameter"],
  [{ to_user_id: "o1" }, "40002/isv.invalid-parameter"],
  [{ page: undefined }, "40002/isv.invalid-parameter"],
  [{ page: "p".repeat(129) }, "40002/isv.invalid-parameter"],
  [{ form_id: "f".repeat(65) }, "40002/isv.invalid-parameter"],
  [{ data: { keyword1: { value: "a" } } }, "40002/isv.invalid-parameter"],
  [{ data: '{"keyword1":"a"}' }, "40002/isv.invalid-parameter"],
  [{ data: "{}" }, "40004/USER_TEMPLATE_LACK_KEYWORD"],
  [{ data: '{"keyword2":{"value":"a"}}' }, "40004/USER_TEMPLATE_LACK_KEYWORD"],
  [{ data: `{"keyword1":{"value":"${"a".repeat(51)}"}}` }, "40004/USER_KEYWORD_LENGTH_ERROR"],
  [{ user_template_id: "unknown" }, "40004/USER_TEMPLATE_ILLEGAL"],
])("refuses a message with %j, signed, and takes no formId for it", async (change, word) => {
  await withGateway({ acceptAny: true }, async ({ sandbox, send }) => {
    const answer = await send(message(change));
    expect(answer).toMatchObject({ name: "own", isSigned: true });
    expect(`${answer.code}/${answer.sub_code}`).toBe(word);
    expect(sandbox.stats()).toMatchObject({ delivered: 0, codesUsed: 0 });
  });
});

it("answers faults in Alipay's words, and delivers or not as they say", async () => {
  await withGateway({ acceptAny: true }, async ({ sandbox, send }) => {
    sandbox.setFaults([{ kind: "busy-delivered", percent: 100 }]);
    expect(await send()).toMatchObject({ code: "20000", sub_code: "isp.unknow-error", isSigned: true });
    expect(sandbox.stats().delivered).toBe(1);
    sandbox.setFaults([{ kind: "minute-quota", percent: 100 }]);
    expect(await send()).toMatchObject({ code: "40005", sub_code: "isv.app-call-limited" });
    sandbox.setFaults([{ kind: "unlisted", percent: 100 }]);
    expect(await send()).toMatchObject({ code: "40004", sub_code: "SANDBOX_99999" });
    expect(sandbox.stats().delivered).toBe(1);
  });
});

it("hands out its keys, the same after a reset", async () => {
  await withGateway({ acceptAny: true }, async ({ sandbox, send }) => {
    const before = await (await fetch(`${sandbox.url}/sandbox/alipay-keys`)).json();
    expect(before).toEqual(sandbox.alipayKeys());
    sandbox.reset();
    expect(sandbox.alipayKeys()).toEqual(before);
    expect(await send()).toMatchObject({ code: "10000" });
  });
});

describe("the vendor's SDK", () => {
  const biz = {
    to_user_id: USER,
    form_id: "F1",
    user_template_id: "TPL",
    page: "pages/index?a=b&c=d",
    data: JSON.stringify({ keyword1: { value: "订单 & + % =" } }),
  };

  it("sends messages, and finds the answers' signatures right", async () => {
    await withGateway({ acceptAny: true }, async ({ sandbox }) => {
      const { appPrivateKey = "", alipayPublicKey } = sandbox.alipayKeys();
      const sdk = new AlipaySdk({
        appId: "2021000000000000",
        privateKey: appPrivateKey,
        keyType: "PKCS8",
        alipayPublicKey,
        gateway: `${sandbox.url}/gateway.do`,
      });
      // It tells the time by the zone of the machine, and Alipay's is Beijing's.
      const timestamp = beijing(Date.now());
      const method = "alipay.open.app.mini.templatemessage.send";
      const sendIt = (bizContent: object) =>
        sdk.exec(method, { bizContent, timestamp }, { validateSign: true });
      expect(await sendIt(biz)).toMatchObject({ code: "10000", msg: "Success" });
      expect(await sendIt({ ...biz, data: "{}" })).toMatchObject({ subCode: "USER_TEMPLATE_LACK_KEYWORD" });
      expect(sandbox.stats()).toMatchObject({ delivered: 1, deliveriesByUser: { [USER]: 1 } });
    });
  });
});
