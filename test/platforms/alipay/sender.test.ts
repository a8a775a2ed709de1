import { afterEach, describe, expect, it } from "vitest";
import type { Message } from "../../../src/broadcast/channel.ts";
import type { Addressee, SendAnswer } from "../../../src/broadcast/ports.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import type { SigningKeys } from "../../../src/platforms/errcode/account.ts";
import { openChannel } from "../open.ts";
import { type HttpDouble, serveBody, serveHttp } from "../servers.ts";
import { ALIPAY, APP, KEYS, keyText, NAME, OK, parametersOf, serveGateway, signed } from "./gateway.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const USER = "2088102122458832";
const MESSAGE: Message = {
  templateId: "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM=",
  fields: [
    { name: "keyword1", value: '订单 "42" & a=b+c%' },
    { name: "keyword2", value: "二" },
  ],
  page: "pages/index?from=push",
};

interface Options {
  base?: string;
  channel?: string;
  keys?: SigningKeys;
  clock?: Clock;
  message?: Message;
}

/** Sends one message, to a server that is closed after the test. */
async function send(
  server: HttpDouble,
  options: Options = {},
  to: Partial<Addressee> = {},
): Promise<SendAnswer> {
  closers.push(server.close);
  const { base = server.base, channel = "alipay-template", keys = KEYS, clock = systemClock } = options;
  const opened = await openChannel({ apiBase: base, channel }, clock, undefined, keys);
  const sender = await opened.sender(options.message ?? MESSAGE, {
    concurrency: 2,
    timeoutMs: 5000,
    broadcastId: "b1",
  });
  closers.unshift(() => sender.close());
  return new Promise((resolve) => sender.send({ openId: USER, formId: "F1", ...to }, "", resolve));
}

const okGateway = () => serveGateway(() => signed(OK));

describe("a request", () => {
  it("is signed over all of its parameters, with the message as the vendor's page has it", async () => {
    const server = await okGateway();
    expect(await send(server)).toEqual({ class: "ok", errmsg: "ok" });
    const biz = JSON.parse(parametersOf(server.received[0]!).biz_content!);
    expect(biz).toEqual({
      to_user_id: USER,
      form_id: "F1",
      user_template_id: MESSAGE.templateId,
      page: MESSAGE.page,
      data: expect.any(String),
    });
    expect(JSON.parse(biz.data)).toEqual({
      keyword1: { value: '订单 "42" & a=b+c%' },
      keyword2: { value: "二" },
    });
  });

  it("has in its URL nothing of the user or the message", async () => {
    const server = await okGateway();
    await send(server);
    const { url } = server.received[0]!;
    expect(url).toMatch(/^\/gateway\.do\?/);
    expect([...new URL(url, "http://x").searchParams.keys()].sort()).toEqual(
      ["app_id", "charset", "format", "method", "sign", "sign_type", "timestamp", "version"].sort(),
    );
  });

  it("goes to an openId by that name, and to a subscription without a formId", async () => {
    const server = await okGateway();
    await send(
      server,
      { channel: "alipay-subscribe" },
      { openId: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5" },
    );
    const biz = JSON.parse(parametersOf(server.received[0]!).biz_content!);
    expect(biz.to_open_id).toBe("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5");
    expect(Object.keys(biz)).not.toContain("to_user_id");
    expect(Object.keys(biz)).not.toContain("form_id");
  });

  it("has a recipient's own texts", async () => {
    const server = await okGateway();
    await send(server, {}, { own: { values: [undefined, "own"], page: "own/page" } });
    const biz = JSON.parse(parametersOf(server.received[0]!).biz_content!);
    expect(biz.page).toBe("own/page");
    expect(JSON.parse(biz.data)).toEqual({
      keyword1: { value: MESSAGE.fields[0]!.value },
      keyword2: { value: "own" },
    });
  });

  it.each([
    ["2026-11-26T02:50:07.900Z", "2026-11-26 10:50:07"],
    ["2026-12-31T16:00:00.000Z", "2027-01-01 00:00:00"],
  ])("tells at %s Beijing's time, %s", async (iso, told) => {
    const server = await okGateway();
    await send(server, { clock: { ...systemClock, now: () => Date.parse(iso) } });
    expect(parametersOf(server.received[0]!).timestamp).toBe(told);
  });

  it.each(["/prefix", "/prefix/gateway.do", "/gateway.do/"])(
    "goes to the gateway of a base with %s",
    async (path) => {
      const server = await okGateway();
      await send(server, { base: server.base + path });
      expect(server.received[0]!.url.split("?")[0]).toBe(
        path.startsWith("/prefix") ? "/prefix/gateway.do" : "/gateway.do",
      );
    },
  );

  it.each([
    ["PKCS#8 on one line", keyText(APP.privateKey, "pkcs8")],
    ["PKCS#1 on one line", keyText(APP.privateKey, "pkcs1")],
    ["PKCS#8 as PEM", keyText(APP.privateKey, "pkcs8", "pem")],
    ["PKCS#1 as PEM", keyText(APP.privateKey, "pkcs1", "pem")],
    [
      "PEM with \\n in the place of line ends",
      keyText(APP.privateKey, "pkcs8", "pem").replaceAll("\n", "\\n"),
    ],
  ])("is signed with a private key in %s", async (_form, privateKey) => {
    const server = await okGateway();
    expect(await send(server, { keys: { ...KEYS, privateKey } })).toMatchObject({ class: "ok" });
  });
});

describe("an answer", () => {
  const answered = async (body: string, options?: Options) => send(await serveBody(body), options);
  const refusal = (subCode: string, subMsg = "..") =>
    `{"code":"40004","msg":"Business Failed","sub_code":"${subCode}","sub_msg":"${subMsg}"}`;

  it.each([
    ["PEM", keyText(ALIPAY.publicKey, "spki", "pem")],
    ["PKCS#1 on one line", keyText(ALIPAY.publicKey, "pkcs1")],
  ])("is verified by a public key in %s", async (_form, platformKey) => {
    expect(await answered(signed(OK), { keys: { ...KEYS, platformKey } })).toMatchObject({ class: "ok" });
  });

  it.each([
    ["with spaces", '{ "code" : "10000",  "msg":"Success" }'],
    ["with braces and quotes in its texts", '{"code":"10000","msg":"a \\"} { \\\\"}'],
    ["with an object in it", '{"code":"10000","msg":"Success","x":{"y":{}}}'],
    ["in chinese", '{"code":"10000","msg":"成功"}'],
  ])("is verified over its very bytes, %s", async (_how, inner) => {
    expect(await answered(signed(inner))).toMatchObject({ class: "ok" });
  });

  it("names code and sub_code, and what is known of them", async () => {
    expect(await answered(signed(refusal("FORM_ID_OVER_TIME", "formId超时")))).toEqual({
      class: "permission_refused",
      errcode: "40004/FORM_ID_OVER_TIME",
      errmsg: "formId超时",
      meaning: "the formId or trade_no is older than 7 days",
    });
  });

  it("is unlisted with a sub_code that no page names", async () => {
    expect(await answered(signed(refusal("NEW_ONE")))).toMatchObject({
      class: "unlisted",
      errcode: "40004/NEW_ONE",
    });
  });

  it.each([
    ["success", OK],
    ["a refusal", refusal("FORM_ID_OVER_TIME")],
  ])("of %s without a signature, or with somebody else's, is not believed", async (_what, inner) => {
    expect(await answered(`{"${NAME}":${inner}}`)).toMatchObject({
      class: "ambiguous",
      errmsg: "the answer is not signed",
    });
    const wrong = await answered(signed(inner, APP.privateKey));
    expect(wrong).toMatchObject({ class: "ambiguous", errmsg: "the signature of the answer is wrong" });
    expect(wrong.hint).toContain("PUSH_CLI_ALIPAY_PUBLIC_KEY");
    const altered = signed(inner).replace('"msg"', '"msg2"');
    expect(await answered(altered)).toMatchObject({ class: "ambiguous" });
  });

  it("of the gateway itself counts without a signature, but never as a success", async () => {
    const error = (code: string, sub: string) =>
      `{"error_response":{"code":"${code}","msg":"m","sub_code":"${sub}","sub_msg":"s"}}`;
    expect(await answered(error("40002", "isv.invalid-app-id"))).toMatchObject({
      class: "fatal",
      errcode: "40002/isv.invalid-app-id",
    });
    expect(await answered(error("20000", "isp.unknow-error"))).toMatchObject({ class: "ambiguous" });
    expect(await answered(error("10000", "x"))).toMatchObject({ class: "ambiguous" });
    expect(await answered(error("40004", "FORM_ID_OVER_TIME"))).toMatchObject({ class: "ambiguous" });
  });

  it("keeps the signed text, the user and the code out of what it says", async () => {
    const told = `验签出错, 待验签字符串为: app_id=1&biz_content={\\"to_user_id\\":\\"${USER}\\"}&charset=utf-8`;
    const answer = await answered(
      `{"error_response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-signature","sub_msg":"${told}"}}`,
    );
    expect(answer.errmsg).toBe("验签出错, 待验签字符串为: [redacted]");
    expect(answer.hint).toContain("PUSH_CLI_ALIPAY_PRIVATE_KEY");
    const other = await answered(signed(refusal("X", `no ${USER} with F1-long`)), {});
    expect(other.errmsg).not.toContain(USER);
  });

  it.each([
    ["a page", "<html><title>Login</title></html>", 200],
    ["JSON of somebody else", '{"errcode":0,"errmsg":"ok"}', 200],
    ["a list", "[]", 200],
    ["a code that is none", signed('{"code":true}'), 200],
    ["HTTP 502", "<html></html>", 502],
    ["a redirect", "", 302],
    ["HTTP 429", "", 429],
  ])("that is %s leaves open what became of the message", async (_what, body, status) => {
    expect(await send(await serveBody(body, status))).toMatchObject({ class: "ambiguous" });
  });

  it("that never comes leaves it open, and a request that never left does not", async () => {
    const silent = await serveHttp((_response, _request) => _response.destroy());
    expect(await send(silent)).toMatchObject({ class: "ambiguous" });
    const gone = await okGateway();
    await gone.close();
    const closed = { ...gone, close: async () => undefined };
    expect(await send(closed)).toMatchObject({ class: "unsent" });
  });
});
