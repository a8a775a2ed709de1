import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { createSender, createTokenApi, messageOf } from "../open.ts";
import { awaited, type HttpDouble, serveBody } from "../servers.ts";

const servers: HttpDouble[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(body: string): Promise<HttpDouble> {
  const server = await serveBody(body);
  servers.push(server);
  return server;
}

it("sends WeChat's old form to QQ's path, below the prefix of the base", async () => {
  const server = await serve('{"errcode":0,"errmsg":"ok"}');
  const sender = await createSender({
    apiBase: `${server.base}/qq/`,
    channel: "qq-template",
    concurrency: 1,
    timeoutMs: 5000,
    message: messageOf("T", ["a"]),
  });
  expect(await awaited(sender).send("o1", "f1", "tok")).toMatchObject({ class: "ok" });
  await sender.close();
  expect(server.received[0]).toMatchObject({
    method: "POST",
    url: "/qq/api/json/template/send?access_token=tok",
  });
  expect(JSON.parse(server.received[0]!.body)).toEqual({
    touser: "o1",
    form_id: "f1",
    template_id: "T",
    data: { keyword1: { value: "a" } },
  });
});

it("has one token endpoint, whatever mode is wanted", async () => {
  const server = await serve('{"access_token":"tok","expires_in":7200}');
  const api = await createTokenApi({
    apiBase: server.base,
    channel: "qq-template",
    appid: "1",
    appsecret: "s",
    clock: systemClock,
  });
  expect(api.modeOf("stable")).toBe("basic");
  expect(await api.fetchToken("stable", false)).toEqual({ token: "tok", expiresInSec: 7200 });
  expect(server.received[0]?.url).toBe("/api/getToken?grant_type=client_credential&appid=1&secret=s");
});
