import { connect } from "node:net";
import { expect, test } from "vitest";
import { message, TOKEN_QUERY, withApi } from "./api.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A clock in the middle of a day, so that no test crosses into the next by accident. */
function clock() {
  const time = { ms: Date.UTC(2026, 0, 15, 3), now: () => time.ms };
  return time;
}

/** So many token calls on one connection, without waiting for each. */
function pipelineTokens(port: number, times: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const request = `GET /cgi-bin/token?${TOKEN_QUERY} HTTP/1.1\r\nHost: a\r\n`;
  socket.write(`${`${request}\r\n`.repeat(times - 1)}${request}Connection: close\r\n\r\n`);
  socket.resume();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("a token call gives a new token each time, and the former one works five more minutes", async () => {
  const time = clock();
  await withApi({ acceptAny: true, now: time.now }, async ({ fetchToken, send }) => {
    const first = await fetchToken();
    const second = await fetchToken();
    expect(first.json).toEqual({ access_token: expect.any(String), expires_in: 7200 });
    expect(second.json.access_token).not.toBe(first.json.access_token);
    time.ms += 5 * MINUTE - 1;
    expect((await send(message(), String(first.json.access_token))).json.errcode).toBe(0);
    time.ms += 1;
    expect((await send(message(), String(first.json.access_token))).json.errcode).toBe(42001);
    expect((await send(message({ form_id: "2" }), String(second.json.access_token))).json.errcode).toBe(0);
  });
});

test("a new token has its whole life before it, however slow the answer is", async () => {
  const time = clock();
  // A clock that goes on by a second whenever somebody looks.
  const now = () => {
    time.ms += 1000;
    return time.ms;
  };
  await withApi({ now }, async ({ fetchToken, fetchStable }) => {
    expect((await fetchToken()).json.expires_in).toBe(7200);
    expect((await fetchStable()).json.expires_in).toBe(7200);
    expect((await fetchStable({ force_refresh: true })).json.expires_in).toBe(7200);
  });
});

test("stable_token gives the same token with what is left of its life, until its last five minutes", async () => {
  const time = clock();
  await withApi({ acceptAny: true, now: time.now }, async ({ fetchStable, send }) => {
    const first = (await fetchStable()).json;
    time.ms += 2 * HOUR - 5 * MINUTE - 1000;
    expect((await fetchStable()).json).toEqual({ access_token: first.access_token, expires_in: 301 });
    time.ms += 2000;
    const rotated = (await fetchStable()).json;
    expect(rotated).toEqual({ access_token: expect.any(String), expires_in: 7200 });
    expect(rotated.access_token).not.toBe(first.access_token);
    time.ms += 5 * MINUTE - 1;
    expect((await send(message(), String(first.access_token))).json.errcode).toBe(0);
    time.ms += 1;
    expect((await send(message(), String(first.access_token))).json.errcode).toBe(42001);
  });
});

test("a forced refresh kills the old token at once, and a second one within 30 s changes nothing", async () => {
  const time = clock();
  await withApi({ acceptAny: true, now: time.now }, async ({ fetchStable, send }) => {
    const first = String((await fetchStable()).json.access_token);
    const forced = String((await fetchStable({ force_refresh: true })).json.access_token);
    expect(forced).not.toBe(first);
    expect((await send(message(), first)).json.errcode).toBe(40001);
    time.ms += 29_999;
    expect((await fetchStable({ force_refresh: true })).json.access_token).toBe(forced);
    time.ms += 1;
    expect((await fetchStable({ force_refresh: true })).json.access_token).not.toBe(forced);
  });
});

test("a day has 20 forced refreshes and 2,000 token calls", async () => {
  const time = clock();
  await withApi({ now: time.now }, async ({ sandbox, fetchStable, fetchToken }) => {
    for (let i = 0; i < 20; i += 1, time.ms += 30_000) {
      expect((await fetchStable({ force_refresh: true })).json.errcode).toBeUndefined();
    }
    expect((await fetchStable({ force_refresh: true })).json.errcode).toBe(45009);
    expect((await fetchStable()).json.errcode).toBeUndefined();
    await pipelineTokens(sandbox.port, 2000);
    expect((await fetchToken()).json.errcode).toBe(45009);
    time.ms += 24 * HOUR;
    expect((await fetchToken()).json.errcode).toBeUndefined();
    expect((await fetchStable({ force_refresh: true })).json.errcode).toBeUndefined();
  });
});

test("the two kinds of token leave each other alone", async () => {
  await withApi({ acceptAny: true }, async ({ fetchStable, fetchToken, send }) => {
    const stable = String((await fetchStable()).json.access_token);
    const basic = String((await fetchToken()).json.access_token);
    await fetchStable({ force_refresh: true });
    expect((await send(message(), basic)).json.errcode).toBe(0);
    expect((await send(message(), stable)).json.errcode).toBe(40001);
  });
});

test("a short life is not eaten up by the overlap of five minutes", async () => {
  const time = clock();
  await withApi({ tokenTtlSec: 10, now: time.now }, async ({ fetchStable, send }) => {
    const first = String((await fetchStable()).json.access_token);
    expect((await fetchStable()).json).toEqual({ access_token: first, expires_in: 10 });
    time.ms += 10_000;
    expect((await send(message(), first)).json.errcode).toBe(42001);
    expect((await fetchStable()).json.access_token).not.toBe(first);
    expect((await send(message(), first)).json.errcode).toBe(42001);
  });
});

test.each([
  ["grant_type=client_credential&appid=wx-sandbox&secret=wrong", 40001],
  ["grant_type=client_credential&appid=wx-other&secret=sandbox-secret", 40013],
  ["grant_type=client_credential&secret=sandbox-secret", 41002],
  ["grant_type=client_credential&appid=wx-sandbox", 41004],
  ["grant_type=authorization_code&appid=wx-sandbox&secret=sandbox-secret", 40002],
  ["appid=wx-sandbox&secret=sandbox-secret", 40002],
])("both token calls refuse %s with %i", async (query, errcode) => {
  await withApi({}, async ({ call, fetchToken }) => {
    const basic = await fetchToken(query);
    const stable = await call(
      "POST",
      "/cgi-bin/stable_token",
      Object.fromEntries(new URLSearchParams(query)),
    );
    for (const answer of [basic, stable]) {
      expect(answer.status).toBe(200);
      expect(answer.json.errcode).toBe(errcode);
      expect(answer.json.errmsg).toMatch(/ rid: [\da-f]+-[\da-f]+-[\da-f]+$/);
    }
  });
});

test("appid and secret of the options count, percent-encoded too", async () => {
  await withApi({ appid: "wx1", secret: "a+b &%" }, async ({ fetchToken, fetchStable }) => {
    const query = new URLSearchParams({ grant_type: "client_credential", appid: "wx1", secret: "a+b &%" });
    expect((await fetchToken(query.toString())).json.expires_in).toBe(7200);
    expect((await fetchToken("grant_type=client_credential&appid=wx1&secret=%")).json.errcode).toBe(40001);
    expect((await fetchStable({ appid: "wx1", secret: "a+b &%" })).json.expires_in).toBe(7200);
  });
});

test("a stable_token body that is not JSON or forces with a text is 47001", async () => {
  await withApi({}, async ({ call, fetchStable }) => {
    expect((await call("POST", "/cgi-bin/stable_token", "appid=wx-sandbox")).json.errcode).toBe(47001);
    expect((await fetchStable({ force_refresh: "true" })).json.errcode).toBe(47001);
  });
});

test("the wrong method answers 43001 where GET is needed and 43002 where POST is", async () => {
  await withApi({}, async ({ call }) => {
    expect((await call("POST", "/cgi-bin/token", "x")).json.errcode).toBe(43001);
    expect((await call("GET", "/cgi-bin/stable_token")).json.errcode).toBe(43002);
    expect((await call("GET", "/cgi-bin/message/wxopen/template/send")).json.errcode).toBe(43002);
  });
});
