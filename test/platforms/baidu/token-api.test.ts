import { afterEach, expect, it } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { createTokenApi } from "../open.ts";
import { freePort, type HttpDouble, serveBody, serveHttp } from "../servers.ts";

const SECRET = "s3cret/of+the&program";
const servers: HttpDouble[] = [];
const sleeps: number[] = [];
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

async function fetchFrom(serving: Promise<HttpDouble>): Promise<{ outcome: unknown; server: HttpDouble }> {
  const server = await serving;
  servers.push(server);
  const options = {
    apiBase: server.base,
    channel: "baidu-template",
    appid: "key-1",
    appsecret: SECRET,
    clock,
  };
  const api = await createTokenApi(options);
  expect(api.modeOf("stable")).toBe("basic");
  return { outcome: await api.fetchToken("basic", false).catch((error: unknown) => error), server };
}

it("asks by a form, with the secret nowhere but in the body", async () => {
  const answer =
    '{"access_token":"24.xx.2592000.1797600000.282335-16099124","expires_in":2592000,"scope":"x"}';
  const { outcome, server } = await fetchFrom(serveBody(answer));
  expect(outcome).toEqual({
    token: "24.xx.2592000.1797600000.282335-16099124",
    expiresInSec: 2_592_000,
  });
  const [request] = server.received;
  expect(request).toMatchObject({ method: "POST", url: "/oauth/2.0/token" });
  expect(request?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
    grant_type: "client_credentials",
    client_id: "key-1",
    client_secret: SECRET,
    scope: "smartapp_snsapi_base",
  });
});

it.each([200, 400, 401])("is refused once and for all by an OAuth error with status %d", async (status) => {
  const body = `{"error":"invalid_client","error_description":"unknown client id; client_secret=${SECRET}"}`;
  const { outcome, server } = await fetchFrom(serveBody(body, status));
  expect(outcome).toMatchObject({ kind: "credentials", hint: expect.stringContaining("AppKey") });
  expect(String(outcome)).toContain("invalid_client");
  expect(JSON.stringify([String(outcome), outcome])).not.toContain(SECRET);
  expect(server.received).toHaveLength(1);
});

it.each<[string, () => Promise<HttpDouble>]>([
  ["a 503", () => serveBody("", 503)],
  ["garbage", () => serveBody("upstream error")],
  ["an object without a token", () => serveBody('{"expires_in":1}')],
  ["a reset", () => serveHttp((response) => response.socket?.destroy())],
])("tries three times when the answer is %s", async (_, serve) => {
  const { outcome, server } = await fetchFrom(serve());
  expect(outcome).toMatchObject({ kind: "api", transient: true });
  expect(server.received).toHaveLength(3);
  expect(sleeps).toHaveLength(2);
});

it("says where nobody answers", async () => {
  const apiBase = `http://127.0.0.1:${await freePort()}`;
  const options = { apiBase, channel: "baidu-subscribe", appid: "key-1", appsecret: SECRET, clock };
  const api = await createTokenApi(options);
  await expect(api.fetchToken("basic", false)).rejects.toMatchObject({ kind: "api" });
});
