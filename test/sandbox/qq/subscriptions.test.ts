import { expect, it } from "vitest";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { type Api, withApi } from "../api.ts";

const SECOND = 1000;
const HOUR = 3_600_000;

/** A sandbox whose clock stands until it is put forward, and a sender with a token of QQ's. */
async function withQq(
  body: (qq: { api: Api; send(changes?: object): Promise<unknown>; pass(ms: number): void }) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  // 11:00 in Beijing.
  let nowMs = Date.parse("2026-11-27T03:00:00Z");
  await withApi({ tokenTtlSec: 90_000, ...options, now: () => nowMs }, async (api) => {
    const query = "grant_type=client_credential&appid=wx-sandbox&secret=sandbox-secret";
    const { json } = await api.call("GET", `/api/getToken?${query}`);
    expect(json).toMatchObject({ expires_in: 90_000 });
    const path = `/api/json/subscribe/SendSubscriptionMessage?access_token=${json.access_token}`;
    const message = { touser: "oA", template_id: "T1", data: { keyword1: { value: "a" } } };
    await body({
      api,
      send: async (changes = {}) => (await api.call("POST", path, { ...message, ...changes })).json.errcode,
      pass: (ms) => {
        nowMs += ms;
      },
    });
  });
}

it("a long-term subscription brings one message a day, whatever the template", async () => {
  await withQq(async ({ api, send, pass }) => {
    const grants = ["T1", "T2"].map((templateId) => ({ openId: "oA", templateId, standing: true }));
    await api.call("POST", "/sandbox/qq-grants", grants);
    expect(await send()).toBe(0);
    expect(await send()).toBe(41030);
    pass(SECOND);
    expect(await send()).toBe(46002);
    expect(await send({ template_id: "T2" })).toBe(46002);
    pass(HOUR * 1.9);
    expect(await send()).toBe(46002);
    // Midnight in Beijing is 16:00 of UTC.
    pass(HOUR * 11.2);
    expect(await send()).toBe(0);
    expect(api.sandbox.stats()).toMatchObject({ delivered: 2, maxPerUser: 2 });
  });
});

it("a consent for one message brings one", async () => {
  await withQq(async ({ api, send, pass }) => {
    expect(await send()).toBe(46001);
    await api.call("POST", "/sandbox/qq-grants", [{ openId: "oA", templateId: "T1", count: 2 }]);
    expect(await send()).toBe(0);
    pass(SECOND);
    expect(await send({ template_id: "T2" })).toBe(46001);
    expect(await send()).toBe(0);
    pass(SECOND);
    expect(await send()).toBe(46001);
  });
});

it("is strict about the body", async () => {
  await withQq(
    async ({ send }) => {
      expect(await send({ form_id: "f" })).toBe(40035);
      expect(await send({ data: { keyword1: "a" } })).toBe(40035);
      expect(await send({ data: "{}" })).toBe(40035);
      expect(await send({ page: "/index" })).toBe(40035);
      expect(await send({ emphasis_keyword: "keyword2.DATA" })).toBe(40035);
      expect(await send({ oac_appid: "unknown" })).toBe(40015);
      expect(await send({ template_id: "unknown" })).toBe(40037);
      expect(await send({ touser: "invalid_1" })).toBe(40003);
      expect(await send({ touser: "refused_1" })).toBe(46003);
      expect(await send({ page: "index", emphasis_keyword: "keyword1.DATA", oac_appid: "1" })).toBe(0);
    },
    { acceptAny: true },
  );
});

it("knows a token that has ended as that", async () => {
  await withQq(async ({ api, send }) => {
    await api.call("POST", "/sandbox/expire-tokens");
    expect(await send()).toBe(40014);
  });
});
