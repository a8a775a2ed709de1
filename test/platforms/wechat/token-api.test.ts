import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { PushCliError } from "../../../src/errors.ts";
import type { TokenMode } from "../../../src/token/ports.ts";
import { createTokenApi } from "../open.ts";
import { freePort, type HttpDouble, serveBody, serveHttp } from "../servers.ts";

const APPID = "wx0123456789abcdef";
const SECRET = "s3cret/of+the&mini=program";
const sleeps: number[] = [];
const servers: HttpDouble[] = [];

/** Backoffs are noted instead of waited for. */
const clock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  sleep: async (ms) => {
    sleeps.push(ms);
  },
  random: () => 0.5,
};

afterEach(async () => {
  sleeps.length = 0;
  for (const server of servers.splice(0)) await server.close();
});

async function fetchFrom(serving: Promise<HttpDouble>, mode: TokenMode = "stable", force = false) {
  const server = await serving;
  servers.push(server);
  const api = await createTokenApi({
    apiBase: server.base,
    appid: APPID,
    appsecret: SECRET,
    clock,
  });
  const outcome = await api.fetchToken(mode, force).catch((error: unknown) => error);
  return { outcome, requests: server.received };
}

function error(fields: { kind: string; message: unknown; hint?: unknown }) {
  return expect.objectContaining(fields);
}

describe("the request", () => {
  const issued = '{"access_token":"76_abc-DEF","expires_in":7200}';

  it.each([false, true])("for a stable token is a POST with force_refresh %s", async (force) => {
    const { outcome, requests } = await fetchFrom(serveBody(issued), "stable", force);
    expect(outcome).toEqual({ token: "76_abc-DEF", expiresInSec: 7200 });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "POST", url: "/cgi-bin/stable_token" });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      grant_type: "client_credential",
      appid: APPID,
      secret: SECRET,
      force_refresh: force,
    });
  });

  it("for a basic token is a GET with everything in the query", async () => {
    const { outcome, requests } = await fetchFrom(serveBody(issued), "basic");
    expect(outcome).toEqual({ token: "76_abc-DEF", expiresInSec: 7200 });
    const url = new URL(requests[0]?.url ?? "", "http://x");
    expect([requests[0]?.method, url.pathname]).toEqual(["GET", "/cgi-bin/token"]);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      grant_type: "client_credential",
      appid: APPID,
      secret: SECRET,
    });
  });
});

describe("a usable answer", () => {
  it.each([
    ["with its lifetime as text", '{"access_token":"abc","expires_in":"7200"}', { expiresInSec: 7200 }],
    ["without a lifetime is good for ten minutes", '{"access_token":"abc"}', { expiresInSec: 600 }],
    [
      "with a token of 512 characters",
      JSON.stringify({ access_token: "x".repeat(512), expires_in: 7200 }),
      { token: "x".repeat(512) },
    ],
    [
      "with a token of any printable characters",
      '{"access_token":"76_a|b:c&d=e+f","expires_in":7200}',
      { token: "76_a|b:c&d=e+f" },
    ],
  ])("%s", async (_name, body, token) => {
    const { outcome } = await fetchFrom(serveBody(body));
    expect(outcome).toMatchObject(token);
  });
});

describe("an address that is not there", () => {
  it.each([
    ["HTTP 404", "<html>", 404],
    ["errcode 40066", '{"errcode":40066,"errmsg":"invalid url"}', 200],
  ])("of a stable token points to --token-mode basic: %s", async (_name, body, status) => {
    const stable = await fetchFrom(serveBody(body, status), "stable");
    expect(stable.outcome).toEqual(
      error({
        kind: "api",
        message: expect.any(String),
        hint: expect.stringContaining("--token-mode basic"),
      }),
    );
    const basic = await fetchFrom(serveBody(body, status), "basic");
    expect(basic.outcome).toEqual(
      error({ kind: "api", message: expect.any(String), hint: expect.not.stringContaining("--token-mode") }),
    );
  });
});

it("an empty answer points to appid and secret", async () => {
  const { outcome } = await fetchFrom(serveBody(""));
  expect(outcome).toMatchObject({ hint: expect.stringContaining("PUSH_CLI_APPSECRET") });
});

describe("a refusal is tried once", () => {
  it.each([
    [40001, "credentials", "AppSecret wrong", "PUSH_CLI_APPSECRET"],
    [40013, "credentials", "appid invalid", "PUSH_CLI_APPID"],
    [40125, "credentials", "AppSecret invalid", "PUSH_CLI_APPSECRET"],
    [40164, "credentials", "not on the allow list", "allow list"],
    [40243, "credentials", "frozen", "reset"],
    [41002, "credentials", "appid missing", "PUSH_CLI_APPID"],
    [41004, "credentials", "AppSecret missing", "PUSH_CLI_APPSECRET"],
    [89503, "credentials", "administrator", "administrator"],
    [45009, "api", "quota", "tomorrow"],
    [45011, "api", "too many token calls", "minute"],
  ])("%d is %s: %s", async (errcode, kind, meaning, hint) => {
    const { outcome, requests } = await fetchFrom(
      serveBody(JSON.stringify({ errcode, errmsg: "what it said rid: a-b-c" })),
    );
    expect(outcome).toBeInstanceOf(PushCliError);
    expect(outcome).toEqual(
      error({ kind, message: expect.stringContaining(meaning), hint: expect.stringContaining(hint) }),
    );
    expect(outcome).toMatchObject({
      message: expect.stringMatching(new RegExp(`"${APPID}".*errcode ${errcode},.*"what it said"`)),
    });
    expect(requests).toHaveLength(1);
  });

  it("an errcode that nobody knows is a refusal too", async () => {
    const { outcome } = await fetchFrom(serveBody('{"errcode":12345,"errmsg":"odd"}'));
    expect(outcome).toEqual(
      error({ kind: "credentials", message: `no access token for appid "${APPID}": errcode 12345, "odd"` }),
    );
  });

  it("an HTTP status of some other server points to --api-base", async () => {
    const { outcome, requests } = await fetchFrom(serveBody("<html>", 404));
    expect(outcome).toEqual(
      error({
        kind: "api",
        message: expect.stringContaining("HTTP 404 Not Found"),
        hint: expect.stringContaining("--api-base"),
      }),
    );
    expect(requests).toHaveLength(1);
  });
});

describe("what may pass is tried three times, with backoff", () => {
  it.each([
    ["busy", '{"errcode":-1,"errmsg":"system error"}', 200, "errcode -1"],
    ["HTTP 5xx", "", 502, "HTTP 502 Bad Gateway"],
    ["nothing", "", 200, "no usable access token: it is empty"],
    ["not JSON", "<html>", 200, "no usable access token: it is not a JSON object"],
    ["no token", '{"expires_in":7200}', 200, "no usable access token: it has no access_token"],
    ["an empty token", '{"access_token":"","expires_in":7200}', 200, "access_token is empty"],
    ["a token of another type", '{"access_token":1,"expires_in":7200}', 200, "access_token is not text"],
    [
      "a token with odd characters",
      '{"access_token":"a b\\n","expires_in":7200}',
      200,
      "access_token has white space or odd characters in it",
    ],
    [
      "a token of 513 characters",
      JSON.stringify({ access_token: "x".repeat(513), expires_in: 1 }),
      200,
      "access_token has more than 512 characters",
    ],
    [
      "a lifetime of 0",
      '{"access_token":"abc","expires_in":0}',
      200,
      "expires_in is not a number of seconds",
    ],
    ["a lifetime of words", '{"access_token":"abc","expires_in":"soon"}', 200, "expires_in is not a number"],
  ])("%s", async (_name, body, status, words) => {
    const { outcome, requests } = await fetchFrom(serveBody(body, status));
    expect(outcome).toBeInstanceOf(PushCliError);
    expect(outcome).toEqual(
      error({ kind: "api", message: expect.stringContaining(words), hint: expect.any(String) }),
    );
    expect(requests).toHaveLength(3);
    expect(sleeps).toEqual([300, 600]);
  });

  it("unreachable", async () => {
    const port = await freePort();
    const apiBase = `http://127.0.0.1:${port}`;
    const api = await createTokenApi({ apiBase, appid: APPID, appsecret: SECRET, clock });
    await expect(api.fetchToken("stable", false)).rejects.toEqual(
      error({
        kind: "api",
        message: `no access token from 127.0.0.1:${port}: connection refused by 127.0.0.1:${port}`,
      }),
    );
    expect(sleeps).toHaveLength(2);
  });

  it("and the first good answer counts", async () => {
    const { outcome, requests } = await fetchFrom(
      serveHttp((response, _request, index) => {
        if (index === 0) response.destroy();
        else if (index === 1) response.writeHead(500).end();
        else response.end('{"access_token":"third","expires_in":7000}');
      }),
    );
    expect(outcome).toEqual({ token: "third", expiresInSec: 7000 });
    expect(requests).toHaveLength(3);
  });
});

describe("the secret", () => {
  it.each(["stable", "basic"] as const)(
    "is never in an error, not even when the API repeats it (%s)",
    async (mode) => {
      for (const status of [200, 400, 404, 500]) {
        const echo = serveHttp((response, { url, body }) => {
          response
            .writeHead(status)
            .end(JSON.stringify({ errcode: 40125, errmsg: `bad secret ${SECRET} in ${url} ${body}` }));
        });
        const { outcome } = await fetchFrom(echo, mode);
        const text = `${outcome} ${(outcome as PushCliError).hint} ${(outcome as PushCliError).stack}`;
        expect(outcome).toBeInstanceOf(PushCliError);
        expect(text).not.toMatch(/s3cret/);
      }
    },
  );
});
