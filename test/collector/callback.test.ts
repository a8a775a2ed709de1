import { describe, expect, test } from "vitest";
import type { CallbackEvent, Forward } from "../../src/collector/ports.ts";
import { hashOf, testReader } from "./test-reader.ts";
import { push, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";
const other: CallbackEvent = { kind: "other", name: "text" };
const receipt = {
  openId: USER,
  templateId: "T1",
  msgid: "1864323726461255680",
  status: "delivered" as const,
};
const grantsAt = (atMs: number, key = "e-1"): CallbackEvent => ({
  kind: "grants",
  openId: USER,
  key,
  atMs,
  templateIds: ["T1", "T2"],
});

test("the platform's check of the URL gets its echostr, unchanged", async () => {
  const world = await startWorld({ callback: testReader });
  const echo = await world.ask(`/callback?signature=${hashOf("")}&echostr=437%2B512`);
  expect([echo.status, echo.text, echo.headers.get("content-type")]).toEqual([
    200,
    "437+512",
    "text/plain; charset=utf-8",
  ]);
  const forged = await world.ask("/callback?signature=abc&echostr=1");
  expect([forged.status, forged.json.error.code]).toEqual([401, "bad_signature"]);
});

test("events are written, and a redelivery changes nothing", async () => {
  const world = await startWorld({ callback: testReader });
  const events = [grantsAt(world.clock.now()), { kind: "receipts" as const, receipts: [receipt] }];
  for (let i = 0; i < 2; i++) {
    const { status, text } = await push(world, events);
    expect([status, text]).toEqual([200, "success"]);
    expect([...world.books.granted.values()]).toEqual([1, 1]);
    expect(world.books.receipts).toEqual([{ ...receipt, atMs: expect.any(Number) }]);
  }
  await push(world, [{ kind: "withdrawals", openId: USER, key: "c-1", templateIds: ["T1"] }]);
  expect([...world.books.granted]).toEqual([[`${USER} T2`, 1]]);
  const metrics = (await world.ask("/metrics")).text;
  expect(metrics).toContain('callbacks_total{kind="grants",fate="taken"} 1');
  expect(metrics).toContain('callbacks_total{kind="grants",fate="known"} 1');
  expect(metrics).toContain('callbacks_total{kind="withdrawals",fate="taken"} 1');
  expect(metrics).toContain('consents_total{source="event",fate="taken"} 2');
});

test("where only reports count, popup events do not, the others do", async () => {
  const world = await startWorld({ callback: testReader, consents: "reports" });
  await push(world, [grantsAt(world.clock.now()), { kind: "receipts", receipts: [receipt] }]);
  expect(world.books.granted.size).toBe(0);
  expect(world.books.receipts).toHaveLength(1);
});

test.each(["hangs", "refuses", "answer lost"] as const)(
  "Redis %s: 503, and the platform's next delivery counts once",
  async (fault) => {
    const world = await startWorld({ callback: testReader, limits: { redisMs: 200 } });
    const events = [grantsAt(world.clock.now())];
    world.books.fault = fault;
    const { status, headers, json } = await push(world, events);
    expect([status, json.error.code, headers.get("retry-after")]).toEqual([503, "redis_unavailable", "5"]);
    world.books.fault = "none";
    expect((await push(world, events)).text).toBe("success");
    expect([...world.books.granted.values()]).toEqual([1, 1]);
  },
);

test("of several events each has its time, and all together no more than the platform waits", async () => {
  const world = await startWorld({ callback: testReader, limits: { redisMs: 60_000, callbackMs: 300 } });
  world.books.fault = "hangs";
  const { status } = await push(world, [grantsAt(world.clock.now()), other]);
  expect(status).toBe(503);
});

test("what can't be trusted or read writes nothing", async () => {
  const world = await startWorld({ callback: testReader });
  const forged = await world.ask("/callback?signature=abc", { method: "POST", body: "[]" });
  expect([forged.status, forged.json.error.code]).toEqual([401, "bad_signature"]);
  const twice = await world.ask(`/callback?signature=${hashOf("[]")}&signature=abc`, {
    method: "POST",
    body: "[]",
  });
  expect(twice.status).toBe(401);
  const unread = await push(world, "<xml>");
  expect([unread.status, unread.json.error.code]).toEqual([400, "bad_body"]);
  expect(world.books.calls).toBe(0);
});

test("a body of any type, or of none, is read as its bytes", async () => {
  const world = await startWorld({ callback: testReader });
  for (const type of ["text/xml", "application/json", "image/png", ""]) {
    const body = Buffer.from("[]");
    const init = { method: "POST", body, headers: type === "" ? {} : { "content-type": type } };
    expect((await world.ask(`/callback?signature=${hashOf(body)}`, init)).text).toBe("success");
  }
  expect((await world.ask(`/callback?signature=${hashOf("")}`, { method: "POST" })).status).toBe(400);
});

describe("somebody else's event", () => {
  test("is answered when there is nobody to hand it on to", async () => {
    const world = await startWorld({ callback: testReader });
    expect((await push(world, [other])).text).toBe("success");
    expect((await world.ask("/metrics")).text).toContain('callbacks_total{kind="text",fate="ignored"} 1');
  });

  test("is handed on unchanged, and the backend's answer goes back", async () => {
    const seen: Parameters<Forward>[0][] = [];
    const forward: Forward = async (request) => {
      seen.push(request);
      return { status: 203, contentType: "text/xml", body: Buffer.from("<xml>中</xml>") };
    };
    const world = await startWorld({ callback: testReader, forward });
    const { status, text, headers } = await push(world, [other]);
    expect([status, text, headers.get("content-type")]).toEqual([203, "<xml>中</xml>", "text/xml"]);
    const body = JSON.stringify([other]);
    expect(seen).toEqual([
      {
        method: "POST",
        search: `?signature=${hashOf(body)}`,
        headers: expect.objectContaining({ "content-type": "text/xml" }),
        body: Buffer.from(body),
      },
    ]);
    await push(world, [grantsAt(world.clock.now())]);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("connect ECONNREFUSED"))],
    ["is late", () => new Promise<never>(() => undefined)],
  ])("of a backend that %s is 502, so that it comes again", async (_name, forward) => {
    const world = await startWorld({ callback: testReader, forward, limits: { callbackMs: 300 } });
    const { status, json } = await push(world, [other]);
    expect([status, json.error.code]).toEqual([502, "backend_unreachable"]);
  });

  test("is not handed on before Redis has what is ours", async () => {
    let handedOn = 0;
    const forward: Forward = async () => ({
      status: 200,
      contentType: undefined,
      body: Buffer.from(`${++handedOn}`),
    });
    const world = await startWorld({ callback: testReader, forward });
    world.books.fault = "refuses";
    expect((await push(world, [other, grantsAt(world.clock.now())])).status).toBe(503);
    expect(handedOn).toBe(0);
  });
});
