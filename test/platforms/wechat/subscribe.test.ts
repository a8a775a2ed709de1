import { afterEach, beforeEach, expect, it } from "vitest";
import type { Message } from "../../../src/broadcast/channel.ts";
import { type Api, TEMPLATES, withApi } from "../../sandbox/api.ts";
import { createSender, openChannel } from "../open.ts";
import { type AwaitedSender, awaited, serveBody } from "../servers.ts";

const MESSAGE: Message = {
  templateId: TEMPLATES.activity,
  fields: [
    { name: "thing1", value: "奶茶买一送一" },
    { name: "time2", value: "2026-11-27 10:00" },
    { name: "thing3", value: "人民广场店" },
  ],
  options: { lang: "zh_CN", miniprogramState: "formal" },
};
const LIMITS = { concurrency: 2, timeoutMs: 2000 };

let sender: AwaitedSender | undefined;
beforeEach(() => {
  sender = undefined;
});
afterEach(() => sender?.close());

async function senderAt(apiBase: string, message = MESSAGE): Promise<AwaitedSender> {
  sender = awaited(await createSender({ apiBase, channel: "wechat-subscribe", message, ...LIMITS }));
  return sender;
}

async function tokenOf(api: Api): Promise<string> {
  return String((await api.fetchStable()).json.access_token);
}

it("sends through the sandbox, one message a consent", async () => {
  await withApi({}, async (api) => {
    api.sandbox.registerConsents([{ openId: "oAlice", templateId: TEMPLATES.activity }]);
    const [to, token] = [await senderAt(api.sandbox.url), await tokenOf(api)];
    const first = await to.send("oAlice", "-", token);
    expect(first).toMatchObject({ class: "ok", errcode: 0, msgid: expect.stringMatching(/^\d{19}$/) });
    expect(await to.send("oAlice", "-", token)).toMatchObject({
      class: "permission_gone",
      errcode: 43101,
      meaning: "no consent left, or the user refuses",
    });
    expect(await to.send("invalid_1", "-", token)).toMatchObject({ class: "user_unknown" });
    expect(await to.send("oAlice", "-", "stale")).toMatchObject({ class: "token" });
    await to.close();
  });
});

it("tells a value that the platform refuses from a template that it does not have", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const token = await tokenOf(api);
    const [thing1, ...rest] = MESSAGE.fields;
    const wrong = { ...MESSAGE, fields: [{ ...thing1!, value: "字".repeat(21) }, ...rest] };
    const to = await senderAt(api.sandbox.url, wrong);
    expect(await to.send("oAlice", "-", token)).toMatchObject({ class: "message_refused", errcode: 47003 });
    await to.close();
    const gone = await senderAt(api.sandbox.url, { ...MESSAGE, templateId: "T9" });
    expect(await gone.send("oAlice", "-", token)).toMatchObject({
      class: "fatal",
      errcode: 40037,
      hint: expect.stringContaining("push-cli template list"),
    });
    await gone.close();
  });
});

it("posts to the endpoint what the message says, with the token in the query", async () => {
  const server = await serveBody('{"errcode":-1,"errmsg":"system error"}');
  const to = await senderAt(`${server.base}/gateway`);
  expect(await to.send("oAlice", "-", "a token")).toMatchObject({ class: "ambiguous", errcode: -1 });
  const [request] = server.received;
  expect(request).toMatchObject({
    method: "POST",
    url: "/gateway/cgi-bin/message/subscribe/send?access_token=a+token",
  });
  const channel = await openChannel({ apiBase: server.base, channel: "wechat-subscribe" });
  expect(JSON.parse(request?.body ?? "")).toEqual(channel.render(MESSAGE, "oAlice", "-"));
  await to.close();
  await server.close();
});

it("sends a recipient's own texts to that recipient alone", async () => {
  const server = await serveBody('{"errcode":0,"errmsg":"ok"}');
  const raw = await createSender({
    apiBase: server.base,
    channel: "wechat-subscribe",
    message: MESSAGE,
    ...LIMITS,
  });
  const own = { values: ["张三的奶茶", undefined, undefined] };
  await new Promise((resolve) => raw.send({ openId: "oAlice", formId: "-", own }, "token", resolve));
  await new Promise((resolve) => raw.send({ openId: "oBob", formId: "-" }, "token", resolve));
  const sent = server.received.map(({ body }) => JSON.parse(body).data.thing1.value);
  expect(sent).toEqual(["张三的奶茶", "奶茶买一送一"]);
  await raw.close();
  await server.close();
});

it("is a channel of consents, which are never sent with again", async () => {
  const channel = await openChannel({ apiBase: "http://127.0.0.1:9", channel: "wechat-subscribe" });
  expect(channel).toMatchObject({ permission: "consent", repeat: "never", poolPrefix: "consent:" });
  const plain = { templateId: "T1", fields: [] };
  const problemOf = (name: string, value: string, message: Message = plain, values?: string[]) =>
    channel.problemOf({ name, value, values }, message);
  expect(problemOf("phrase1", "太长了太长了")).toContain("6 characters; at most 5");
  expect(problemOf("short_thing1", "x")).toBeUndefined();
  expect(problemOf("enum_string1", "圆桌", plain, ["小桌"])).toContain("none of the template's values");
  expect(problemOf("thing1", "字".repeat(21))).toContain("at most 20");
  expect(problemOf("thing1", "字".repeat(21), { ...plain, options: { truncate: "yes" } })).toBeUndefined();
});
