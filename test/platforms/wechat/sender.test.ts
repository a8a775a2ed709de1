import { afterEach, describe, expect, it } from "vitest";
import { createSender, messageOf } from "../open.ts";
import { type AwaitedSender, awaited, type HttpDouble, serveBody, serveHttp } from "../servers.ts";

const TOKEN = "76_abc-DEF_0123456789";
const MESSAGE = messageOf("T1", ["a, b", "c"], { page: "pages/index?x=1", options: { emphasis: "1" } });
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function senderTo(server: HttpDouble, prefix = "", concurrency = 1): Promise<AwaitedSender> {
  const sender = await createSender({
    apiBase: server.base + prefix,
    concurrency,
    timeoutMs: 5000,
    message: MESSAGE,
  });
  cleanups.push(
    () => server.close(),
    () => sender.close(),
  );
  return awaited(sender);
}

async function answerTo(body: string, status = 200, token = TOKEN) {
  const sender = await senderTo(await serveBody(body, status));
  return sender.send("o1", "f1", token);
}

describe("the request", () => {
  it("is a POST of the message to the documented path, with the token in the query", async () => {
    const server = await serveBody('{"errcode":0,"errmsg":"ok"}');
    const sender = await senderTo(server);
    expect(await sender.send("o1", "f1", TOKEN)).toEqual({ class: "ok", errcode: 0, errmsg: "ok" });
    const [request] = server.received;
    expect(request?.method).toBe("POST");
    expect(request?.url).toBe(`/cgi-bin/message/wxopen/template/send?access_token=${TOKEN}`);
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(request?.body ?? "")).toEqual({
      touser: "o1",
      template_id: "T1",
      form_id: "f1",
      page: "pages/index?x=1",
      data: { keyword1: { value: "a, b" }, keyword2: { value: "c" } },
      emphasis_keyword: "keyword1.DATA",
    });
  });

  it("goes below the prefix of the base, and encodes whatever the token is", async () => {
    const server = await serveBody('{"errcode":0,"errmsg":"ok"}');
    const sender = await senderTo(server, "/proxy/wx/");
    for (const token of ["a&b=c d/+%", "\uD800", "next"]) await sender.send("o1", "f1", token);
    const urls = server.received.map(({ url }) => new URL(url, server.base));
    expect(urls.map((url) => url.pathname)).toEqual(
      Array(3).fill("/proxy/wx/cgi-bin/message/wxopen/template/send"),
    );
    expect(urls.map((url) => url.searchParams.get("access_token"))).toEqual(["a&b=c d/+%", "\uFFFD", "next"]);
  });

  it("uses as many connections as may be in flight, and keeps them", async () => {
    const server = await serveHttp((response) =>
      setTimeout(() => response.end('{"errcode":0,"errmsg":"ok"}'), 5),
    );
    const sender = await senderTo(server, "", 3);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => sender.send(`o${index}`, "f", TOKEN)),
    );
    expect(answers.every((answer) => answer.class === "ok")).toBe(true);
    expect(new Set(server.received.map(({ body }) => JSON.parse(body).touser)).size).toBe(30);
    expect(server.connections()).toBe(3);
  });

  it("closing lets requests in flight finish", async () => {
    const server = await serveHttp((response) =>
      setTimeout(() => response.end('{"errcode":0,"errmsg":"ok"}'), 100),
    );
    const sender = await senderTo(server);
    const sending = sender.send("o1", "f1", TOKEN);
    await sender.close();
    expect((await sending).class).toBe("ok");
  });
});

describe("the answer", () => {
  it("of an errcode has its class, the cleaned errmsg and the hint", async () => {
    expect(await answerTo('{"errcode":41028,"errmsg":"invalid form id hint: [abc] rid: 1a2b-3c4d"}')).toEqual(
      {
        class: "permission_refused",
        errcode: 41028,
        errmsg: "invalid form id",
        meaning: expect.any(String),
      },
    );
    const withdrawn = await answerTo('{"errcode":45109,"errmsg":"deprecated"}');
    expect(withdrawn).toMatchObject({
      class: "fatal",
      errmsg: "deprecated",
      hint: expect.stringContaining("2020-01-10"),
    });
  });

  it("without an errmsg has the meaning of its errcode", async () => {
    expect(await answerTo('{"errcode":40037}')).toMatchObject({
      class: "fatal",
      errmsg: "template id invalid",
    });
  });

  it("of an unknown errcode is unlisted", async () => {
    expect(await answerTo('{"errcode":99999,"errmsg":"odd"}')).toEqual({
      class: "unlisted",
      errcode: 99999,
      errmsg: "odd",
    });
  });

  it("with a msgid of 19 digits keeps all of them", async () => {
    const answer = await answerTo('{"errcode":0,"errmsg":"ok","msgid":3210987654321098765}');
    expect(answer.msgid).toBe("3210987654321098765");
  });

  it("that repeats the token has it redacted", async () => {
    const answer = await answerTo(
      `{"errcode":40001,"errmsg":"bad token ${TOKEN} in ?access_token=${TOKEN}"}`,
    );
    expect(answer).toMatchObject({
      class: "token",
      errmsg: "bad token [redacted] in ?access_token=[redacted]",
    });
  });

  it.each([
    ["{}", "ambiguous", "the answer has no errcode"],
    ['{"errmsg":"ok"}', "ok", "ok"],
    ['{"errmsg":"strange"}', "ambiguous", "strange"],
    ['{"errcode":"41029","errmsg":"used"}', "permission_refused", "used"],
    ["<html>ok</html>", "ambiguous", "the answer is not a JSON object"],
    ["", "ambiguous", "the answer is not a JSON object"],
    ["[]", "ambiguous", "the answer is not a JSON object"],
  ])("%j with status 200 is %s", async (body, name, errmsg) => {
    expect(await answerTo(body)).toMatchObject({ class: name, errmsg });
  });

  it.each([
    [500, "", "ambiguous", "HTTP 500 Internal Server Error"],
    [502, "<html>", "ambiguous", "HTTP 502 Bad Gateway"],
    [503, '{"errcode":0,"errmsg":"ok"}', "ambiguous", "HTTP 503 Service Unavailable: ok"],
    [504, '{"errcode":41028,"errmsg":"x"}', "ambiguous", "HTTP 504 Gateway Timeout: x"],
    [400, '{"errcode":41028,"errmsg":"x"}', "permission_refused", "x"],
    [404, "<html>", "ambiguous", "HTTP 404 Not Found"],
    [403, '{"message":"no"}', "ambiguous", "HTTP 403 Forbidden"],
    [301, "", "ambiguous", "HTTP 301 Moved Permanently"],
    [429, "slow down", "quota", "HTTP 429 Too Many Requests"],
    [408, "", "ambiguous", "HTTP 408 Request Timeout"],
    [599, "", "ambiguous", "HTTP 599"],
  ])("of status %d with %j is %s", async (status, body, name, errmsg) => {
    const answer = await answerTo(body, status);
    expect(answer).toMatchObject({ class: name, errmsg });
  });

  it.each<[number, Record<string, string>, string, number | undefined]>([
    [429, {}, "quota", 1000],
    [429, { "retry-after": "7" }, "quota", 7000],
    [429, { "retry-after": "0" }, "quota", 1000],
    [429, { "retry-after": "86400" }, "quota", 300_000],
    [429, { "retry-after": "soon" }, "quota", 1000],
    [
      429,
      { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT", date: "Thu, 01 Jan 2026 00:00:00 GMT" },
      "quota",
      30_000,
    ],
    [503, {}, "ambiguous", undefined],
    [503, { "retry-after": "7" }, "ambiguous", 7000],
    [500, { "retry-after": "7" }, "ambiguous", undefined],
  ])("of status %d with %j is %s and waits %j ms", async (status, headers, name, waitMs) => {
    const sender = await senderTo(
      await serveHttp((response) => {
        response.writeHead(status, headers);
        response.end("busy");
      }),
    );
    const answer = await sender.send("o1", "f1", TOKEN);
    expect(answer.class).toBe(name);
    expect(answer.waitMs).toBe(waitMs);
  });

  it("of the minute quota waits for the next minute, unless its status says how long", async () => {
    const body = '{"errcode":45011,"errmsg":"x"}';
    expect(await answerTo(body)).toMatchObject({ class: "quota", errcode: 45011 });
    expect((await answerTo(body)).waitMs).toBeUndefined();
  });

  it("in several pieces, cut within a character, is put together", async () => {
    const bytes = Buffer.from('{"errcode":47003,"errmsg":"参数错误"}');
    const server = await serveHttp((response) => {
      response.write(bytes.subarray(0, 28));
      setTimeout(() => response.end(bytes.subarray(28)), 20);
    });
    const sender = await senderTo(server);
    expect((await sender.send("o1", "f1", TOKEN)).errmsg).toBe("参数错误");
  });
});

describe("an API base that can't be used", () => {
  it.each(["", "api.weixin.qq.com", "ftp://x", "https://user:pw@x", "https://x?a=1", "https://x#y"])(
    "%j is a config error that shows no password",
    async (apiBase) => {
      const creating = createSender({ apiBase, concurrency: 1, timeoutMs: 1000, message: MESSAGE });
      const error = await creating.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: "config", hint: expect.stringContaining("--api-base") });
      expect(String(error)).not.toContain("pw");
    },
  );
});
