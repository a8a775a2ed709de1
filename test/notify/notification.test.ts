import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatOfHost, type NotifyFormat } from "../../src/notify/format.ts";
import { type Notification, requestOf } from "../../src/notify/notification.ts";

const NOW_MS = 1_764_242_000_123;
const SECRET = "SEC-0123456789";
const NOTIFICATION: Notification = {
  event: "broadcast.ended",
  eventId: "sale/run1",
  document: { broadcastId: "sale", status: "finished" },
  text: "push-cli: broadcast sale finished",
};

const bodyOf = (format: NotifyFormat, text = NOTIFICATION.text, secret?: string) =>
  JSON.parse(requestOf({ ...NOTIFICATION, text }, { format, secret, nowMs: NOW_MS }).body ?? "");

it.each([
  ["qyapi.weixin.qq.com", "wecom"],
  ["oapi.dingtalk.com", "dingtalk"],
  ["open.feishu.cn", "feishu"],
  ["open.larksuite.com", "feishu"],
  ["hooks.slack.com", "slack"],
  ["example.com", "json"],
  ["constructor", "json"],
])("what %s takes is %s", (host, format) => expect(formatOfHost(host)).toBe(format));

it("json is the document with what happened and when", () => {
  expect(bodyOf("json")).toEqual({
    event: "broadcast.ended",
    eventId: "sale/run1",
    sentAt: "2025-11-27T11:13:20.123Z",
    broadcastId: "sale",
    status: "finished",
  });
});

it("each chat gets the text in its own form", () => {
  const { text } = NOTIFICATION;
  expect(bodyOf("wecom")).toEqual({ msgtype: "text", text: { content: text } });
  expect(bodyOf("dingtalk")).toEqual({ msgtype: "text", text: { content: text } });
  expect(bodyOf("feishu")).toEqual({ msg_type: "text", content: { text } });
  expect(bodyOf("slack")).toEqual({ text });
});

it("what the API or an operator wrote can call nobody", () => {
  expect(bodyOf("slack", "a <!channel> & b").text).toBe("a &lt;!channel&gt; &amp; b");
  expect(bodyOf("feishu", 'a <at user_id="all">').content.text).not.toContain("<");
});

it("a long text is cut before it is escaped, so that no escape is", () => {
  const cut = bodyOf("slack", "&".repeat(3000)).text;
  expect(cut).toMatch(/^(&amp;){2045}\.\.\.$/);
});

describe("signatures", () => {
  const request = (format: NotifyFormat, secret?: string) =>
    requestOf(NOTIFICATION, { format, secret, nowMs: NOW_MS });

  it("json: of time and body, in a header", () => {
    const { headers, body } = request("json", SECRET);
    const hex = createHmac("sha256", SECRET)
      .update("1764242000.")
      .update(body ?? "")
      .digest("hex");
    expect(headers).toEqual({ "x-push-cli-signature": `t=1764242000,v1=${hex}` });
    expect(request("json").headers).toEqual({});
  });

  // By the vendor's example in Python: hmac.new(secret, f"{timestamp}\n{secret}"), base64.
  it("dingtalk: of time and secret, in the query", () => {
    const sign = createHmac("sha256", SECRET).update(`${NOW_MS}\n${SECRET}`).digest("base64");
    expect(request("dingtalk", SECRET).parameters).toEqual({ timestamp: String(NOW_MS), sign });
    expect(request("dingtalk").parameters).toEqual({});
  });

  // By the vendor's example in Python: hmac.new(f"{timestamp}\n{secret}", b""), base64.
  it("feishu: of nothing, by a key of time and secret, in the body", () => {
    const sign = createHmac("sha256", `1764242000\n${SECRET}`).update("").digest("base64");
    expect(bodyOf("feishu", "x", SECRET)).toMatchObject({ timestamp: "1764242000", sign });
    expect(bodyOf("feishu", "x")).not.toHaveProperty("sign");
  });

  it("wecom and slack have none, whatever secret is set", () => {
    for (const format of ["wecom", "slack"] as const)
      expect(request(format, SECRET)).toEqual(request(format));
  });
});

it("a message is never longer than WeCom takes, in whole characters, and whole where it may be", () => {
  fc.assert(
    fc.property(
      fc
        .string({ unit: "grapheme", maxLength: 3000, size: "max" })
        .filter((text) => !text.includes("\ufffd")),
      fc.constantFrom<NotifyFormat>("wecom", "dingtalk", "feishu", "slack"),
      (text, format) => {
        const body = bodyOf(format, text);
        const sent: string = body.text?.content ?? body.content?.text ?? body.text;
        // Slack takes 40,000 characters: what its escapes add does not matter.
        const plain = format === "slack" ? unescapeSlack(sent) : sent;
        expect(Buffer.byteLength(plain)).toBeLessThanOrEqual(2048);
        expect(sent).not.toContain("\ufffd");
        if (format === "wecom" && Buffer.byteLength(text) <= 2048) expect(sent).toBe(text);
      },
    ),
    // Texts of thousands of characters would be shrunk for hours.
    { endOnFailure: true },
  );
});

function unescapeSlack(text: string): string {
  expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
