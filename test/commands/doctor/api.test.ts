import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createAuthority } from "../../helpers/certificates.ts";
import { startProxy } from "../../helpers/proxy.ts";
import { freePort, serveBody, serveHttp } from "../../platforms/servers.ts";
import { useWorld } from "../world.ts";
import { examine } from "./doctor.ts";

const world = useWorld();
const GROUPS = ["api", "token", "quota", "templates"];
const look = (apiBase: string, argv: string[] = []) =>
  examine(world, [...GROUPS, ...argv], { env: { PUSH_CLI_API_BASE: apiBase } });

/** An API whose every answer is this errcode. */
async function refusing(errcode: number, errmsg: string) {
  const server = await serveBody(JSON.stringify({ errcode, errmsg }));
  const found = await look(server.base);
  await server.close();
  return found;
}

it("an API that nobody answers for fails where it fails", async () => {
  const { code, of, bad } = await look(`http://127.0.0.1:${await freePort()}`);
  expect(code).toBe(8);
  expect(of["api dns"]).toMatchObject({ state: "passed" });
  expect(of["api tcp"]).toMatchObject({
    state: "failed",
    found: expect.stringContaining("connection refused"),
  });
  expect(of["api http"]).toMatchObject({ state: "skipped", found: "not reached: tcp failed" });
  expect(bad).toEqual(["api tcp failed", "token credentials failed"]);
});

it("a name that does not exist, and something that is no HTTP server", async () => {
  expect((await look("https://nowhere.invalid")).of["api dns"]).toMatchObject({
    state: "failed",
    remedy: expect.stringContaining("name servers"),
  });
  const redisPort = world.redis.url.replace("redis", "http");
  expect((await look(redisPort)).of["api http"]).toMatchObject({ state: "failed" });
});

it("a certificate that nobody trusts fails with the way to trust it, and passes then", async () => {
  const authority = createAuthority("Doctor's CA");
  const certificate = authority.issue({ name: "api", addresses: ["127.0.0.1"] });
  const server = createServer(certificate, (_request, response) => void response.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { of } = await look(base);
  expect(of["api tls"]).toMatchObject({ state: "failed", remedy: expect.stringContaining("--api-ca") });
  expect(of["api tcp"]).toMatchObject({ state: "passed" });
  const dir = mkdtempSync(join(tmpdir(), "push-cli-doctor-"));
  writeFileSync(join(dir, "ca.crt"), authority.cert);
  expect((await look(base, ["--api-ca", join(dir, "ca.crt")])).of["api tls"]).toMatchObject({
    state: "passed",
    found: expect.stringMatching(/^TLSv1\.3, certificate valid until /),
  });
  rmSync(dir, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it("goes through a proxy, and finds one that refuses", async () => {
  const [good, bad] = await Promise.all([startProxy(), startProxy({ status: 403 })]);
  try {
    const base = world.sandbox.url;
    const through = await look(base, ["--proxy", `http://${good.host}`]);
    expect(through.of["api proxy"]).toMatchObject({ state: "passed", found: `connected to ${good.host}` });
    expect(through.of["api http"]).toMatchObject({ state: "passed" });
    expect(good.requests.length).toBeGreaterThan(0);
    const refused = await look("https://api.example.com", ["--proxy", `http://${bad.host}`]);
    expect(refused.of["api proxy"]).toMatchObject({ state: "failed", found: expect.stringContaining("403") });
    expect(refused.of["api dns"]).toMatchObject({ state: "skipped" });
  } finally {
    await Promise.all([good.stop(), bad.stop()]);
  }
});

it("a proxy variable that can't be used is a finding of the API's, not of Redis'", async () => {
  const env = { http_proxy: "ftp://proxy", PUSH_CLI_API_BASE: "http://api.example.com" };
  const { code, of, bad } = await examine(world, ["redis", "api"], { env });
  expect(code).toBe(8);
  expect(bad.filter((one) => one.startsWith("api"))).toEqual(["api channel failed"]);
  expect(of["redis connection"]).toMatchObject({ state: "passed" });
});

it("names the address that has to be put on the IP allow list", async () => {
  const errmsg = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3";
  const { of } = await refusing(40164, errmsg);
  expect(of["token credentials"]).toMatchObject({
    state: "failed",
    found: expect.stringContaining("errcode 40164, this host's IP is not on the allow list"),
    remedy: "put this host's IP, 203.0.113.7, on the allow list in the mini program's console",
  });
});

it("finds a wrong secret", async () => {
  const { of } = await refusing(40125, "invalid appsecret");
  expect(of["token credentials"]).toMatchObject({
    state: "failed",
    found: expect.stringContaining("errcode 40125, AppSecret invalid"),
    remedy: expect.stringContaining("PUSH_CLI_APPSECRET"),
  });
  expect(of["token accepted"]).toMatchObject({ state: "skipped" });
});

it("finds a stored token that the API refuses, and one without a lifetime", async () => {
  await world.redis.client.set("mina:access_token:wx-sandbox", "stale", "EX", 3600);
  const { code, of } = await look(world.sandbox.url);
  expect(code).toBe(0);
  expect(of["token stored"]).toMatchObject({ state: "passed", found: expect.stringContaining("renewed in") });
  expect(of["token accepted"]).toMatchObject({
    state: "warning",
    found: expect.stringMatching(/refuses the stored token: errcode 4\d{4}/),
    remedy: expect.stringContaining("push-cli token refresh --force"),
  });
  await world.redis.client.set("mina:access_token:wx-sandbox", "stale");
  expect((await look(world.sandbox.url)).of["token stored"]).toMatchObject({ state: "warning" });
});

it("asks for no token in basic mode, where that would replace the one in use", async () => {
  const { of } = await look(world.sandbox.url, ["--token-mode", "basic"]);
  expect(of["token credentials"]).toMatchObject({
    state: "skipped",
    found: expect.stringContaining("basic"),
  });
  expect(world.sandbox.stats().tokenCalls).toEqual({ basic: 0, stable: 0 });
});

it.each([
  [0, "failed"],
  [5, "warning"],
  [50, "passed"],
])("with %d of 100 messages left the quota has %s", async (remain, state) => {
  const server = await serveHttp((response, { url }) => {
    const body = url.includes("quota")
      ? { errcode: 0, quota: { daily_limit: 100, used: 100 - remain, remain } }
      : { access_token: "token-of-the-double", expires_in: 7200 };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const { of } = await look(server.base);
  await server.close();
  expect(of["quota messages"]).toMatchObject({ state, found: `${remain} of 100 messages left today` });
});

it("an API without the free call is not asked further, and not called wrong", async () => {
  const { of, bad } = await look(world.sandbox.url, ["--channel", "qq-template"]);
  expect(of["token accepted"]).toMatchObject({ state: "skipped" });
  expect(of["quota messages"]).toMatchObject({ state: "skipped" });
  expect(bad).toEqual([]);
});

it.each([
  ["wechat-template", "https://api.weixin.qq.com", "failed"],
  ["wechat-subscribe", "https://api.weixin.qq.com", "passed"],
  ["qq-template", "https://api.q.qq.com", "warning"],
])("says of %s at its platform whether it is delivered", async (channel, apiBase, state) => {
  // Not the platform: a proxy that refuses.
  const proxy = await startProxy({ status: 403 });
  const { of } = await look(apiBase, ["--channel", channel, "--proxy", `http://${proxy.host}`]);
  await proxy.stop();
  expect(of["api delivery"]?.state).toBe(state);
});

it("an account without templates is warned of", async () => {
  world.sandbox.reset();
  const server = await serveHttp((response, { url }) => {
    const body = url.includes("gettemplate")
      ? { errcode: 0, data: [] }
      : { access_token: "token-of-the-double", expires_in: 7200 };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const { of } = await look(server.base, ["--channel", "wechat-subscribe"]);
  await server.close();
  expect(of["templates list"]).toMatchObject({ state: "warning", found: "the account has no templates" });
});
