import { expect, it } from "vitest";
import { judge } from "../../src/notify/judge.ts";
import type { HookReply } from "../../src/notify/ports.ts";

const answer = (status: number, text = "", more: object = {}): HookReply => ({
  kind: "answer",
  status,
  text,
  ...more,
});

it.each([
  ["json", answer(200)],
  ["json", answer(204)],
  ["slack", answer(200, "ok")],
  ["wecom", answer(200, '{"errcode":0,"errmsg":"ok"}')],
  ["dingtalk", answer(200, '{"errcode":0,"errmsg":"ok"}')],
  ["feishu", answer(200, '{"code":0,"msg":"success","data":{}}')],
  ["feishu", answer(200, '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}')],
  [undefined, answer(200, "<html>")],
] as const)("%s takes %o for success", (format, reply) => expect(judge(format, reply)).toEqual({ ok: true }));

it.each([
  [
    "wecom",
    answer(200, '{"errcode":93000,"errmsg":"invalid webhook url"}'),
    "errcode 93000: invalid webhook url",
    false,
  ],
  ["wecom", answer(200, '{"errcode":-1,"errmsg":"system busy"}'), "errcode -1: system busy", true],
  [
    "dingtalk",
    answer(200, '{"errcode":310000,"errmsg":"sign not match"}'),
    "errcode 310000: sign not match",
    false,
  ],
  ["feishu", answer(200, '{"code":19021,"msg":"sign match fail"}'), "errcode 19021: sign match fail", false],
  [
    "feishu",
    answer(200, '{"code":11232,"msg":"frequency limited"}'),
    "errcode 11232: frequency limited",
    true,
  ],
  ["feishu", answer(200, "<html>"), "an answer that is not understood: <html>", false],
  ["wecom", answer(200, "null"), "an answer that is not understood: null", false],
  ["slack", answer(403, "invalid_token"), "HTTP 403: invalid_token", false],
  ["slack", answer(404, "no_team"), "HTTP 404", false],
  ["json", answer(400), "HTTP 400", false],
  ["json", answer(503, "<html>"), "HTTP 503", true],
  [
    "json",
    answer(302, "", { redirectsTo: "evil.example" }),
    "HTTP 302, a redirect to evil.example, which is not followed",
    false,
  ],
  ["json", { kind: "failure", reason: "no answer" } as HookReply, "no answer", true],
] as const)("%s: %o is refused", (format, reply, problem, again) =>
  expect(judge(format, reply)).toEqual({ ok: false, problem, again }),
);

it("a limit of requests may say how long to wait", () => {
  expect(judge("slack", answer(429, "", { retryAfterMs: 3000 }))).toEqual({
    ok: false,
    problem: "HTTP 429",
    again: true,
    afterMs: 3000,
  });
});
