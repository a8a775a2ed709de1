import { afterEach, describe, expect, it } from "vitest";
import type { Addressee, SendAnswer } from "../../../src/broadcast/ports.ts";
import { createSender, messageOf, openChannel } from "../open.ts";
import { type HttpDouble, serveBody, serveHttp } from "../servers.ts";
import { serveBaidu } from "./strict-fake.ts";

const servers: HttpDouble[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const MESSAGE = messageOf("T1", ["a & b=c", "汉字 +%"], { page: "pages/x?a=1&b=2" });
const DATA = '{"keyword1":{"value":"a & b=c"},"keyword2":{"value":"汉字 +%"}}';

async function sendTo(
  server: HttpDouble,
  channel: string,
  to: Addressee,
  token = "24.a+b/c==",
): Promise<SendAnswer> {
  servers.push(server);
  const options = { apiBase: server.base, channel, concurrency: 1, timeoutMs: 5000, message: MESSAGE };
  const sender = await createSender(options);
  try {
    return await new Promise((resolve) => sender.send(to, token, resolve));
  } finally {
    await sender.close();
  }
}

describe("against a service by the vendor's pages", () => {
  it.each<[string, Omit<Addressee, "openId">, Record<string, string>]>([
    [
      "a form's code of a user",
      { formId: "form-1" },
      { touser_openId: "u1", scene_id: "form-1", scene_type: "1" },
    ],
    ["a form's code of a guest", { formId: "form-0" }, { touser: "u1", scene_id: "form-0", scene_type: "1" }],
    [
      "a payment at the cashier",
      { formId: "pay-0", scene: 2 },
      { touser_openId: "u1", scene_id: "pay-0", scene_type: "2" },
    ],
    [
      "a direct order",
      { formId: "pay-1", scene: 3 },
      { touser_openId: "u1", scene_id: "pay-1", scene_type: "3" },
    ],
  ])("sends with %s", async (_, permission, expected) => {
    const { server, understood } = await serveBaidu();
    const answer = await sendTo(server, "baidu-template", { openId: "u1", ...permission });
    expect(answer).toEqual({ class: "ok", errcode: 0, errmsg: "ok", msgid: "158" });
    expect(understood).toEqual([
      {
        path: "/rest/2.0/smartapp/template/send",
        token: "24.a+b/c==",
        form: { ...expected, template_id: "T1", data: DATA, page: "pages/x?a=1&b=2" },
      },
    ]);
  });

  it("sends with a subscribe_id", async () => {
    const { server, understood } = await serveBaidu();
    const answer = await sendTo(server, "baidu-subscribe", { openId: "u1", formId: "8026" });
    expect(answer).toMatchObject({ class: "ok", msgid: "158" });
    expect(understood).toEqual([
      {
        path: "/rest/2.0/smartapp/template/message/subscribe/send",
        token: "24.a+b/c==",
        form: {
          touser_openId: "u1",
          subscribe_id: "8026",
          template_id: "T1",
          data: DATA,
          page: "pages/x?a=1&b=2",
        },
      },
    ]);
  });

  it("sends a recipient's own values and page", async () => {
    const { server, understood } = await serveBaidu();
    const own = { values: [undefined, "mine"], page: "pages/mine" };
    await sendTo(server, "baidu-template", { openId: "u1", formId: "form-1", own });
    expect(understood[0]?.form).toMatchObject({
      data: '{"keyword1":{"value":"a & b=c"},"keyword2":{"value":"mine"}}',
      page: "pages/mine",
    });
  });
});

const TO = { openId: "u1", formId: "form-1" };

describe("answers", () => {
  it.each<[string, string, Partial<SendAnswer>]>([
    [
      "an errno",
      '{"errno":4003,"msg":"form id invalid"}',
      { class: "permission_refused", errcode: 4003, errmsg: "form id invalid" },
    ],
    [
      "an error_code",
      '{"error_code":110,"error_msg":"Access token invalid"}',
      { class: "token", errcode: "gw/110" },
    ],
    [
      "both layers, of which the gateway's counts",
      '{"error_code":18,"errno":0}',
      { class: "quota", errcode: "gw/18" },
    ],
    [
      "an error_code of 0 beside an errno",
      '{"error_code":0,"errno":4002}',
      { class: "ambiguous", errcode: 4002 },
    ],
    ["numbers as text", '{"errno":"0","msg":"success"}', { class: "ok", errcode: 0 }],
    [
      "a msg_key beyond 2^53",
      '{"errno":0,"msg":"success","data":{"msg_key":1234567890123456789}}',
      { class: "ok", msgid: "1234567890123456789" },
    ],
    ["an errno that nobody knows", '{"errno":77777,"msg":"?"}', { class: "unlisted", errcode: 77777 }],
    ["an object without either", '{"msg":"success"}', { class: "ambiguous" }],
    ["a page", "<html><title>Sign in</title></html>", { class: "ambiguous" }],
    ["half an answer", '{"errno":0,"msg":"su', { class: "ambiguous" }],
  ])("%s", async (_, body, expected) => {
    expect(await sendTo(await serveBody(body), "baidu-template", TO)).toMatchObject(expected);
  });

  it.each<[number, string, Partial<SendAnswer>]>([
    [502, "<html><title>502 Bad Gateway</title></html>", { class: "ambiguous" }],
    [500, '{"errno":4003,"msg":"x"}', { class: "ambiguous", errcode: 4003 }],
    [302, "", { class: "ambiguous" }],
    [429, "", { class: "quota", waitMs: 1000 }],
    [401, '{"error_code":111,"error_msg":"Access token expired"}', { class: "token", errcode: "gw/111" }],
  ])("of status %d", async (status, body, expected) => {
    expect(await sendTo(await serveBody(body, status), "baidu-template", TO)).toMatchObject(expected);
  });

  it("of a connection that ends after the request are uncertain", async () => {
    const server = await serveHttp((response) => response.socket?.destroy());
    expect(await sendTo(server, "baidu-template", TO)).toMatchObject({ class: "ambiguous" });
  });

  it("never show the token", async () => {
    const token = "24.secretsecret.2592000";
    for (const body of [
      `{"errno":2002,"msg":"bad access_token=${token}"}`,
      `{"error_code":110,"error_msg":"${token} is invalid"}`,
      `<html>${token}</html>`,
    ]) {
      const answer = await sendTo(await serveBody(body), "baidu-subscribe", TO, token);
      expect(JSON.stringify(answer)).not.toContain("secretsecret");
    }
  });
});

it("shows a message with its data taken apart", async () => {
  const channel = await openChannel({ apiBase: "http://127.0.0.1:1", channel: "baidu-template" });
  expect(channel.render(messageOf("T1", ["a"]), "u1", "form-0")).toEqual({
    touser: "u1",
    scene_id: "form-0",
    scene_type: "1",
    template_id: "T1",
    data: { keyword1: { value: "a" } },
  });
});
