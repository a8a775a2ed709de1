import { afterEach, describe, expect, it } from "vitest";
import type { MessageInput } from "../../../src/broadcast/channel.ts";
import type { AnswerClass } from "../../../src/broadcast/ports.ts";
import { createSender, messageOf, openChannel } from "../open.ts";
import { awaited, type HttpDouble, serveBody } from "../servers.ts";

const NOWHERE = { apiBase: "http://127.0.0.1:9", channel: "qq-subscribe" };
const servers: HttpDouble[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function answerOf(body: object, message = messageOf("T", ["a", "b"])) {
  const server = await serveBody(JSON.stringify(body));
  servers.push(server);
  const sender = awaited(
    await createSender({
      apiBase: `${server.base}/gate`,
      channel: "qq-subscribe",
      concurrency: 1,
      timeoutMs: 5000,
      message,
    }),
  );
  const answer = await sender.send("o1", "-", "tok");
  await sender.close();
  return { answer, request: server.received[0]! };
}

const input = (changes: Partial<MessageInput> = {}): MessageInput => ({
  templateId: "T",
  values: [],
  options: {},
  ...changes,
});

it("posts what the vendor's page names, and nothing else", async () => {
  const message = messageOf("T", ["a", "b"], {
    page: "index?foo=bar",
    options: { emphasis: "2", oacAppid: "oac1" },
  });
  const { answer, request } = await answerOf({ errcode: 0, errmsg: "ok" }, message);
  expect(answer).toMatchObject({ class: "ok", errcode: 0 });
  expect(answer.msgid).toBeUndefined();
  expect(request).toMatchObject({
    method: "POST",
    url: "/gate/api/json/subscribe/SendSubscriptionMessage?access_token=tok",
  });
  expect(JSON.parse(request.body)).toEqual({
    touser: "o1",
    template_id: "T",
    page: "index?foo=bar",
    data: { keyword1: { value: "a" }, keyword2: { value: "b" } },
    emphasis_keyword: "keyword2.DATA",
    oac_appid: "oac1",
  });
});

it("leaves out what is not given", async () => {
  const { request } = await answerOf({ errcode: 0, errmsg: "ok" }, messageOf("T", ["a"]));
  expect(Object.keys(JSON.parse(request.body))).toEqual(["touser", "template_id", "data"]);
});

describe("each answer by this endpoint's own table", () => {
  it.each<[number, AnswerClass]>([
    [40014, "token"],
    [41030, "later"],
    [46001, "permission_gone"],
    [46006, "permission_gone"],
    [46002, "not_today"],
    [46003, "user_refuses"],
    [46004, "user_refuses"],
    [46005, "fatal"],
    [47001, "fatal"],
    [40037, "fatal"],
    [40035, "fatal"],
    [40015, "fatal"],
    [40036, "ambiguous"],
    [-1, "ambiguous"],
    [43101, "unlisted"],
    [41029, "unlisted"],
    [43108, "unlisted"],
  ])("%d is %s", async (errcode, answerClass) => {
    const { answer } = await answerOf({ errcode, errmsg: "no" });
    expect(answer).toMatchObject({ class: answerClass, errcode });
    // Only the day's limit proves that an earlier attempt arrived.
    expect(answer.afterUncertain).toBe(errcode === 46002 ? "sent" : undefined);
  });
});

it("is a channel of consents, repeated on the same day", async () => {
  const channel = await openChannel(NOWHERE);
  expect(channel).toMatchObject({ permission: "consent", repeat: "same_day", poolPrefix: "qq:consent:" });
  expect(channel.tokenApi?.().modeOf("stable")).toBe("basic");
  expect(channel.meaningOf(41030)).toContain("a moment ago");
});

describe("a message", () => {
  it("has keywords by their place or fields by name", async () => {
    const channel = await openChannel(NOWHERE);
    expect(channel.message(input({ values: ["a", "b"] })).fields).toEqual([
      { name: "keyword1", value: "a" },
      { name: "keyword2", value: "b" },
    ]);
    const named = channel.message(input({ named: { thing1: "a" }, options: { emphasis: "1" } }));
    expect(channel.render(named, "o1", "-")).toMatchObject({
      data: { thing1: { value: "a" } },
      emphasis_keyword: "thing1.DATA",
    });
  });

  it.each<[string, Partial<MessageInput>, string]>([
    ["both at once", { values: ["a"], named: { thing1: "a" } }, "can't be used together"],
    ["a name that is none", { named: { "{{thing1.DATA}}": "a" } }, "--field 'thing1=...'"],
    ["an emphasis beyond its fields", { named: { thing1: "a" }, options: { emphasis: "2" } }, "--emphasis 2"],
    ["an account that is none", { options: { oacAppid: "a b" } }, "--oac-appid 'a b'"],
  ])("is refused with %s", async (_, changes, words) => {
    const channel = await openChannel(NOWHERE);
    let text = "";
    try {
      channel.message(input(changes));
    } catch (error) {
      const { message, hint = "" } = error as { message: string; hint?: string };
      text = `${message} ${hint}`;
    }
    expect(text).toContain(words);
  });
});
