import { afterEach, describe, expect, it } from "vitest";
import type { MessageInput } from "../../../src/broadcast/channel.ts";
import type { AnswerClass } from "../../../src/broadcast/ports.ts";
import { clientMsgId } from "../../../src/platforms/wechat/mp/message.ts";
import { createSender, messageOf, openChannel } from "../open.ts";
import { awaited, type HttpDouble, serveBody } from "../servers.ts";

const NOWHERE = { apiBase: "http://127.0.0.1:9", channel: "wechat-mp" };
const LINKS = { url: "https://example.com/a?b=c", miniprogramAppid: "wx0123456789abcdef" };
const servers: HttpDouble[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function openAt(body: object, message = messageOf("T", ["a"])) {
  const server = await serveBody(JSON.stringify(body));
  servers.push(server);
  const sender = await createSender({
    apiBase: server.base,
    channel: "wechat-mp",
    concurrency: 1,
    timeoutMs: 5000,
    message,
  });
  return { server, sender: awaited(sender), raw: sender };
}

const input = (changes: Partial<MessageInput> = {}): MessageInput => ({
  templateId: "T",
  values: [],
  options: {},
  ...changes,
});

/** A refusal with its hint. */
async function refusal(changes: Partial<MessageInput>): Promise<string> {
  const channel = await openChannel(NOWHERE);
  try {
    channel.message(input(changes));
    return "none";
  } catch (error) {
    const { message, hint = "" } = error as { message: string; hint?: string };
    return `${message}; ${hint}`;
  }
}

it("posts what the vendor's page names, with an id that is the same in every attempt", async () => {
  const message = messageOf("T", ["a"], { page: "pages/a?b=c", options: LINKS });
  const { server, sender } = await openAt({ errcode: 0, errmsg: "ok", msgid: 200163836 }, message);
  expect(await sender.send("oAlice", "-", "tok")).toMatchObject({ class: "ok", msgid: "200163836" });
  await sender.send("oAlice", "-", "tok");
  await sender.send("oBob", "-", "tok");
  await sender.close();
  const bodies = server.received.map(({ body }) => JSON.parse(body));
  expect(server.received[0]).toMatchObject({
    method: "POST",
    url: "/cgi-bin/message/template/send?access_token=tok",
  });
  expect(bodies[0]).toEqual({
    touser: "oAlice",
    template_id: "T",
    url: LINKS.url,
    miniprogram: { appid: LINKS.miniprogramAppid, pagepath: "pages/a?b=c" },
    data: { keyword1: { value: "a" } },
    client_msg_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(bodies[1]).toEqual(bodies[0]);
  expect(bodies[2].client_msg_id).not.toBe(bodies[0].client_msg_id);
});

it("the id is the broadcast's and the user's: others get others", () => {
  const ids = [
    clientMsgId("b1", "u1"),
    clientMsgId("b1", "u2"),
    clientMsgId("b2", "u1"),
    clientMsgId("b1u", "1"),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(clientMsgId("b1", "u1")).toBe(ids[0]);
});

it("a recipient's own page and values are theirs alone", async () => {
  const message = messageOf("T", ["all"], { page: "p", options: { miniprogramAppid: "wx1" } });
  const { server, raw } = await openAt({ errcode: 0, errmsg: "ok" }, message);
  const own = { values: ["mine"], page: "p?id=1" };
  await new Promise((resolve) => raw.send({ openId: "o1", formId: "-", own }, "t", resolve));
  await new Promise((resolve) => raw.send({ openId: "o2", formId: "-" }, "t", resolve));
  await raw.close();
  const seen = server.received.map(({ body }) => JSON.parse(body));
  expect(seen.map(({ data, miniprogram }) => [data.keyword1.value, miniprogram])).toEqual([
    ["mine", { appid: "wx1", pagepath: "p?id=1" }],
    ["all", { appid: "wx1", pagepath: "p" }],
  ]);
});

describe("each answer by this endpoint's own table", () => {
  it.each<[number, AnswerClass]>([
    [40001, "token"],
    [42001, "token"],
    [43004, "user_refuses"],
    [40003, "user_unknown"],
    [47003, "message_refused"],
    [40037, "fatal"],
    [40165, "fatal"],
    [40013, "fatal"],
    [48001, "fatal"],
    [45009, "fatal"],
    [45011, "quota"],
    [-1, "ambiguous"],
    [43101, "unlisted"],
    [41029, "unlisted"],
  ])("%d is %s", async (errcode, answerClass) => {
    const { sender } = await openAt({ errcode, errmsg: "no" });
    const answer = await sender.send("o1", "-", "t");
    await sender.close();
    expect(answer).toMatchObject({ class: answerClass, errcode });
    expect(answer.afterUncertain).toBeUndefined();
  });
});

it("is a channel without pools, repeated for ten minutes", async () => {
  const channel = await openChannel(NOWHERE);
  expect(channel).toMatchObject({ permission: "none", repeat: "ten_minutes", receipts: true });
  const message = channel.message(input({ named: { thing1: "a", time2: "10:00" } }));
  expect(message.withoutPool).toBe(true);
  // A sample is of no broadcast yet.
  expect(channel.render(message, "o1", "-")).toEqual({
    touser: "o1",
    template_id: "T",
    data: { thing1: { value: "a" }, time2: { value: "10:00" } },
  });
});

describe("a message is refused", () => {
  it("with a page of no mini program", async () => {
    expect(await refusal({ page: "pages/a" })).toMatch(
      /--page 'pages\/a': an official account has no pages; --miniprogram-appid/,
    );
  });
  it.each(["example.com", "ftp://example.com/a", "https://exa mple.com", "javascript:alert(1)", ""])(
    "with the URL %j",
    async (url) => {
      expect(await refusal({ options: { url } })).toContain(`--url '${url}' is not a web address`);
    },
  );
  it("with a column in the URL, which would go out as it is", async () => {
    expect(await refusal({ options: { url: "https://a.b/{{id}}" } })).toContain(
      "the same for all recipients",
    );
  });
  it("with an appid that is none", async () => {
    expect(await refusal({ options: { miniprogramAppid: "wx 1" } })).toContain("--miniprogram-appid 'wx 1'");
  });
});
