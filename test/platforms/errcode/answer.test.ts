import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnswer } from "../../../src/platforms/errcode/answer.ts";
import { safeText } from "../../../src/platforms/http/safe-text.ts";

describe("parseAnswer", () => {
  it.each([
    ['{"errcode":0,"errmsg":"ok"}', { errcode: 0, errmsg: "ok" }],
    [
      '{"errcode":0,"errmsg":"ok","msgid":3210987654321098765}',
      { errcode: 0, errmsg: "ok", msgid: "3210987654321098765" },
    ],
    ['{"errcode":0,"errmsg":"ok","msgid":"12"}', { errcode: 0, errmsg: "ok", msgid: "12" }],
    [
      '{ "msgid" : 3210987654321098765 , "errcode" : 0 }',
      { errcode: 0, errmsg: "", msgid: "3210987654321098765" },
    ],
    ['\uFEFF{"errcode":0,"errmsg":"ok"}\n', { errcode: 0, errmsg: "ok" }],
    ['{"errcode":"40001","errmsg":"x"}', { errcode: 40001, errmsg: "x" }],
    ['{"errcode":"-1"}', { errcode: -1, errmsg: "" }],
    ['{"errmsg":"{\\"msgid\\":3210987654321098765}"}', { errmsg: '{"msgid":3210987654321098765}' }],
  ])("reads %s", (text, expected) => {
    expect(parseAnswer(text)).toEqual({ errcode: undefined, msgid: undefined, ...expected });
  });

  it.each(['"1.5"', "1.5", '"0x10"', '""', "null", "true", "[0]", "{}", "1e99"])(
    "takes %s for no errcode",
    (value) => {
      expect(parseAnswer(`{"errcode":${value},"errmsg":"m"}`)).toMatchObject({
        errcode: undefined,
        errmsg: "m",
      });
    },
  );

  it("takes an errmsg that is not text for none", () => {
    expect(parseAnswer('{"errcode":1,"errmsg":{"toString":1}}')).toMatchObject({ errcode: 1, errmsg: "" });
  });

  it.each(["", "ok", "null", "[]", "0", '{"errcode":0', "<html></html>", '{"errcode":0}{"errcode":0}'])(
    "finds no answer in %j",
    (text) => {
      expect(parseAnswer(text)).toBeUndefined();
    },
  );

  it("agrees with JSON.parse on every errmsg, and never throws on any text", async () => {
    await assert(
      property(string({ unit: "binary" }), string({ unit: "grapheme" }), (errmsg, garbage) => {
        const text = JSON.stringify({ errcode: 47003, errmsg, msgid: "1" });
        expect(parseAnswer(text)).toEqual({ errcode: 47003, errmsg, msgid: "1" });
        parseAnswer(garbage);
        parseAnswer(`{"msgid":${garbage}`);
      }),
    );
  });
});

describe("safeText", () => {
  it.each([
    ["invalid form id hint: [3nYZ0a06542974]", "invalid form id"],
    ["invalid form id, hints: [ req_id: KfZ.pA0412vr45 ]", "invalid form id"],
    ["invalid form id rid: 5f0c8d3b-0a2c4e6f-11223344", "invalid form id"],
    ["invalid credential hint: [x!] rid: 5f0c8d3b-0a2c4e6f-11223344", "invalid credential"],
    [
      "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
      "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
    ],
    ["no grid: 12 and no hint here", "no grid: 12 and no hint here"],
  ])("takes the request's marks off %j", (text, expected) => {
    expect(safeText(text, [])).toBe(expected);
  });

  it("lets no control, bidi or half characters through", () => {
    expect(safeText("a\u001b[31mb\r\nc\u202Ed\u2028e\uD800f\u0000", [])).toBe("a [31mb c d e f");
  });

  it("keeps at most 200 characters, without half a character at the end", () => {
    expect(safeText("x".repeat(60_000), [])).toBe("x".repeat(200));
    expect(safeText(`${"x".repeat(199)}\u{1F600}`, [])).toBe("x".repeat(199));
  });

  it("redacts secrets, plain or encoded, wherever they stand, and query parameters that hold one", () => {
    const secret = "se/cret+0123";
    const text = `token ${secret} in /x?a=se%2Fcret%2B0123 and /y?access_token=other&b=1 ${"x".repeat(140)}${secret}`;
    const safe = safeText(text, [secret]);
    expect(safe).toContain("token [redacted] in /x?a=[redacted] and /y?access_token=[redacted]&b=1 xxx");
    expect(safe).not.toMatch(/se\/|se%2F|other/);
  });

  it("is at most 200 safe characters, free of the secret, for any text", async () => {
    const secrets = string({ unit: "grapheme-ascii", minLength: 16 });
    await assert(
      property(string({ unit: "binary", maxLength: 400 }), secrets, (text, secret) => {
        const safe = safeText(text + secret + text, [secret]);
        expect(safe.length).toBeLessThanOrEqual(200);
        expect(safe).not.toContain(secret);
        expect(safe).not.toMatch(/\p{Cc}|\p{Cs}|\p{Bidi_Control}/u);
      }),
    );
  });
});

it.each([
  ["in camel case", '{"errCode":0,"errMsg":"ok","msgId":9007199254740993123}'],
  ["with a NUL behind it", '{"errcode":0,"errmsg":"ok","msgid":9007199254740993123}\0'],
  [
    "with a comment behind it",
    '{"errcode":0,"errmsg":"ok","msgid":9007199254740993123}\n<!-- {node 7} -->\n',
  ],
])("reads an answer %s", (_name, text) => {
  expect(parseAnswer(text)).toEqual({ errcode: 0, errmsg: "ok", msgid: "9007199254740993123" });
});

it.each(['{"errcode":0} and more', '{"errcode":0}{"errcode":1}', "<!-- {} -->", '{"errcode":0', "\0"])(
  "does not guess at %s",
  (text) => {
    expect(parseAnswer(text)).toBeUndefined();
  },
);
