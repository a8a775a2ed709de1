import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TemplateCache } from "../../../../src/broadcast/channel.ts";
import { PushCliError } from "../../../../src/errors.ts";
import { viewAccount } from "../../../../src/platforms/wechat/subscribe/account.ts";
import type { AccessTokens } from "../../../../src/token/ports.ts";
import { freePort, type HttpDouble, serveHttp } from "../../servers.ts";

const LIST = {
  errcode: 0,
  errmsg: "ok",
  data: [{ priTmplId: "T1", title: "活动提醒", content: "活动:{{thing1.DATA}}\n", example: "", type: 2 }],
};
const T1 = {
  id: "T1",
  title: "活动提醒",
  kind: "one-time",
  fields: [{ name: "thing1", label: "活动", takes: "text, at most 20 characters" }],
};
const START_MS = 1_795_000_000_000;

/** What is kept, by appid, and for how long. */
const kept = new Map<string, { json: string; ttlMs: number }>();
const cache: TemplateCache = {
  load: async (appid) => kept.get(appid)?.json,
  save: async (appid, json, ttlMs) => {
    kept.set(appid, { json, ttlMs });
  },
};
let nowMs = START_MS;
const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: async () => {}, random: () => 0.5 };
let answers: (string | object)[] = [];
let server: HttpDouble;
const renewed: string[] = [];
const tokens: AccessTokens = {
  current: async () => "token-1",
  cached: () => "token-1",
  renew: async (refused) => {
    renewed.push(refused);
    return "token-2";
  },
};

beforeEach(async () => {
  kept.clear();
  renewed.length = 0;
  nowMs = START_MS;
  answers = [];
  server = await serveHttp((response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
});
afterEach(() => server.close());

function account(changes: { tokens?: AccessTokens; apiBase?: string } = {}) {
  return viewAccount({
    appid: "wx1",
    apiBase: server.base,
    tokens,
    cache,
    clock,
    timeoutMs: 2000,
    ...changes,
  });
}

it("asks for the list by GET with the token in the query, and keeps it for a week", async () => {
  answers = [LIST];
  expect(await account().templates("T1")).toEqual({ templates: [T1] });
  expect(server.received).toMatchObject([
    { method: "GET", url: "/wxaapi/newtmpl/gettemplate?access_token=token-1", body: "" },
  ]);
  expect(kept.get("wx1")?.ttlMs).toBe(7 * 86_400_000);
});

describe("a kept list", () => {
  beforeEach(async () => {
    answers = [LIST];
    await account().templates("T1");
  });

  it("will do for ten minutes", async () => {
    nowMs += 10 * 60_000 - 1;
    expect(await account().templates("T1")).toEqual({ templates: [T1] });
    expect(server.received).toHaveLength(1);
    nowMs += 1;
    await account().templates("T1");
    expect(server.received).toHaveLength(2);
  });

  it("will not do for a template that it lacks, nor for who looks at all of them", async () => {
    answers = [{ ...LIST, data: [...LIST.data, { ...LIST.data[0], priTmplId: "T2" }] }];
    const { templates } = await account().templates("T2");
    expect(templates.map(({ id }) => id)).toEqual(["T1", "T2"]);
    await account().templates();
    expect(server.received).toHaveLength(3);
  });

  it("from the future is asked for again", async () => {
    nowMs -= 60_000;
    await account().templates("T1");
    expect(server.received).toHaveLength(2);
  });

  it.each([
    [
      "answers 45009",
      { errcode: 45009, errmsg: "reach max api daily quota limit" },
      "errcode 45009, the day's quota",
    ],
    ["is busy", { errcode: -1, errmsg: "system error" }, "errcode -1, WeChat is busy"],
    ["answers a page", "<html>", "the answer is not a JSON object"],
    ["answers without a list", { errcode: 0 }, "its answer has no list"],
  ])("is used, with its age, while the platform %s", async (_, answer, why) => {
    nowMs += 25 * 60_000;
    answers = [answer];
    const { templates, doubt } = await account().templates("T1");
    expect(templates).toEqual([T1]);
    expect(doubt).toContain(why);
    expect(doubt).toContain("25 min old");
    expect(JSON.parse(kept.get("wx1")?.json ?? "").atMs).toBe(START_MS);
  });

  it("is used while the platform can't be reached, for the list or for a token", async () => {
    nowMs += 5 * 3_600_000;
    const unreachable = await account({ apiBase: `http://127.0.0.1:${await freePort()}` }).templates("T1");
    expect(unreachable).toMatchObject({ templates: [T1], doubt: expect.stringContaining("5 h old") });
    const current = () => Promise.reject(new PushCliError("api", "no access token from x: reset"));
    const { doubt } = await account({ tokens: { ...tokens, current } }).templates("T1");
    expect(doubt).toContain("no access token from x: reset");
  });

  it("that nobody can read is asked for again", async () => {
    for (const json of ["", "[]", "{}", '{"atMs":1,"templates":[{"id":1}]}', "null"]) {
      kept.set("wx1", { json, ttlMs: 1 });
      expect(await account().templates("T1")).toEqual({ templates: [T1] });
    }
    expect(server.received).toHaveLength(6);
  });
});

it("rejects where there is neither a list nor a kept one, and says how to go on", async () => {
  answers = [{ errcode: 45009, errmsg: "reach max api daily quota limit token-1" }];
  await expect(account().templates("T1")).rejects.toMatchObject({
    kind: "api",
    message: expect.stringContaining("errcode 45009"),
    hint: expect.stringContaining("--no-preflight"),
  });
});

it("keeps the token out of what an unknown errcode says", async () => {
  answers = [{ errcode: 77777, errmsg: "bad token-1 rid: 65aa0001-1f2e3d4c-0a0b0c0d" }];
  await expect(account().templates("T1")).rejects.toMatchObject({
    message: expect.stringMatching(/errcode 77777, bad \[redacted\]$/),
  });
});

it("asks again with a new token where the first is refused, once", async () => {
  answers = [{ errcode: 40001, errmsg: "invalid credential" }, LIST];
  expect(await account().templates("T1")).toEqual({ templates: [T1] });
  expect(renewed).toEqual(["token-1"]);
  expect(server.received[1]?.url).toContain("access_token=token-2");
  kept.clear();
  answers = [{ errcode: 42001 }];
  await expect(account().templates("T1")).rejects.toMatchObject({
    message: expect.stringContaining("42001"),
  });
  expect(server.received).toHaveLength(4);
});

it("does not go on where the credentials are refused", async () => {
  const current = () => Promise.reject(new PushCliError("credentials", "AppSecret wrong"));
  await expect(account({ tokens: { ...tokens, current } }).templates("T1")).rejects.toMatchObject({
    kind: "credentials",
  });
});

it("takes a list far above the size of a message's answer", async () => {
  const long = "长".repeat(60_000);
  answers = [{ ...LIST, data: [...LIST.data, { priTmplId: "T2", title: long, content: "", type: 2 }] }];
  expect((await account().templates("T1")).templates).toHaveLength(2);
});

describe("the quota", () => {
  it("is asked for by the path of the send call", async () => {
    answers = [{ errcode: 0, errmsg: "ok", quota: { daily_limit: 100, used: 58, remain: 42 } }];
    expect(await account().quotaLeft()).toBe(42);
    expect(server.received).toMatchObject([
      { method: "POST", url: "/cgi-bin/openapi/quota/get?access_token=token-1" },
    ]);
    expect(JSON.parse(server.received[0]?.body ?? "")).toEqual({
      cgi_path: "/cgi-bin/message/subscribe/send",
    });
  });

  it("is not known where the platform does not say", async () => {
    answers = [{ errcode: 76021, errmsg: "cgi_path not found" }];
    expect(await account().quotaLeft()).toBeUndefined();
  });
});
