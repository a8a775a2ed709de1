import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { createAuthority } from "../../helpers/certificates.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { startProxy, type TestProxy } from "../../helpers/proxy.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { createSender, messageOf } from "../open.ts";
import { awaited, freePort } from "../servers.ts";

const USER = "crew:pass%word-4711";
const ENCODED = "crew:pass%25word-4711";
const authority = createAuthority("API CA");
const certificate = authority.issue({ name: "api", addresses: ["127.0.0.1"] });
const dir = mkdtempSync(join(tmpdir(), "push-cli-proxy-"));
const caFile = join(dir, "ca.crt");
const cleanups: (() => unknown)[] = [];

let redis: TestRedis;
let sandbox: Sandbox;
let https: HttpsServer;
let httpsBase: string;
beforeAll(async () => {
  writeFileSync(caFile, authority.cert);
  redis = await startTestRedis();
  sandbox = await startSandbox({ acceptAny: true });
  // TLS in front of the sandbox.
  https = createHttpsServer(certificate, (incoming, response) => {
    const { url, method, headers } = incoming;
    const onward = httpRequest(sandbox.url + url, { method, headers });
    onward.on("response", (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500)));
    incoming.pipe(onward);
  });
  httpsBase = `https://127.0.0.1:${await listen(https)}`;
});
afterAll(async () => {
  https.close();
  https.closeAllConnections();
  await sandbox.close();
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  await redis.client.flushall();
  sandbox.reset();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function proxy(options: Parameters<typeof startProxy>[0] = {}): Promise<TestProxy> {
  const started = await startProxy(options);
  cleanups.push(started.stop);
  return started;
}

let broadcasts = 0;

async function broadcast(base: string, env: Record<string, string>) {
  const serial = ++broadcasts;
  for (let i = 0; i < 40; i++)
    await redis.client.rpush(`mina:openid:o${i}`, plainEntry(`f${serial}x${i}`, 1_999_999_999_999));
  const args = ["broadcast", "T", "--yes", "--no-keywords", "--concurrency", "4", "--json"];
  return runCli(args, { env: { ...cliEnv(redis.url, base), PUSH_CLI_API_CA: caFile, ...env } });
}

describe("a broadcast goes through the proxy", () => {
  it.each([
    ["https", "by a tunnel for each connection", () => httpsBase, /^CONNECT 127\.0\.0\.1:\d+$/],
    ["http", "by whole URLs", () => sandbox.url, /^(POST|GET) http:\/\/127\.0\.0\.1:\d+\/cgi-bin\//],
  ])("of an %s API %s, with user and password", async (scheme, _how, base, pattern) => {
    const through = await proxy({ user: USER });
    const name = scheme === "https" ? "HTTPS_PROXY" : "http_proxy";
    const { code, stderr } = await broadcast(base(), { [name]: `http://${ENCODED}@${through.host}` });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("4711")]);
    expect(sandbox.stats()).toMatchObject({ delivered: 40, maxPerUser: 1 });
    expect(through.requests.length).toBeGreaterThan(0);
    for (const request of through.requests) expect(request).toMatch(pattern);
    if (scheme === "http") expect(through.requests.length).toBeGreaterThanOrEqual(41);
    else expect(through.requests.length).toBeLessThanOrEqual(16);
  });

  it("unless NO_PROXY or --proxy none say otherwise", async () => {
    const through = await proxy();
    const env = { HTTPS_PROXY: through.host, NO_PROXY: "127.0.0.1" };
    expect((await broadcast(httpsBase, env)).code).toBe(0);
    expect((await broadcast(httpsBase, { HTTPS_PROXY: through.host, PUSH_CLI_PROXY: "none" })).code).toBe(0);
    expect(through.requests).toEqual([]);
  });
});

async function refreshFails(proxyUrl: string, base = httpsBase) {
  const args = ["token", "refresh", "--debug", "--proxy", proxyUrl];
  const { code, stderr } = await runCli(args, {
    env: { ...cliEnv(redis.url, base), PUSH_CLI_API_CA: caFile },
  });
  expect([code, stderr]).toEqual([7, stderr]);
  expect(stderr).not.toContain("4711");
  return stderr;
}

async function sendFails(proxyUrl: string, apiBase = httpsBase) {
  const message = messageOf("T", ["a"]);
  const network = { extraCas: [authority.cert], proxy: proxyUrl };
  const sender = awaited(await createSender({ apiBase, concurrency: 2, timeoutMs: 2000, message, network }));
  const answer = await sender.send("o", "f", "TOKEN");
  await sender.close();
  return answer;
}

describe("a proxy that fails is told apart from the API, and nothing counts as sent:", () => {
  it.each([
    [407, "407 Proxy Authentication Required", "user:password"],
    [403, "403 Forbidden", "--proxy none"],
    [405, "405 Method Not Allowed", "--proxy none"],
    [502, "502 Bad Gateway", "--proxy none"],
  ])("it answers CONNECT with %d", async (status, words, hint) => {
    const { host } = await proxy({ status });
    const reason = `the proxy at ${host} refused: ${words}`;
    const said = await refreshFails(`http://crew:wrong-4711@${host}`);
    expect(said).toContain(reason);
    expect(said).toContain(hint);
    const answer = await sendFails(`http://crew:wrong-4711@${host}`);
    expect(answer).toMatchObject({ class: "unsent", errmsg: reason });
  });

  it("it wants a password for an http URL", async () => {
    const { host } = await proxy({ user: USER });
    const reason = `the proxy at ${host} refused: 407 Proxy Authentication Required`;
    expect(await refreshFails(`http://${host}`, sandbox.url)).toContain(reason);
    expect(await sendFails(`http://${host}`, sandbox.url)).toMatchObject({ class: "unsent", errmsg: reason });
    expect(sandbox.stats().delivered).toBe(0);
  });

  it("nobody is there", async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const reason = `no connection to the proxy: connection refused by ${host}`;
    for (const base of [httpsBase, sandbox.url]) {
      expect(await refreshFails(`http://u:x-4711@${host}`, base)).toContain(reason);
      expect(await sendFails(`http://${host}`, base)).toMatchObject({ class: "unsent", errmsg: reason });
    }
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    [
      "it closes the connection",
      (socket) => socket.end(),
      /the proxy at .* closed the connection without an answer/,
    ],
    [
      "it is no proxy",
      (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
      /what answers at .* is not an HTTP proxy/,
    ],
    ["it never answers", () => {}, /the proxy at .* does not answer/],
  ])("%s", async (_name, greet, words) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("data", () => greet(socket));
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    expect(await sendFails(url)).toMatchObject({ class: "unsent", errmsg: expect.stringMatching(words) });
  });

  it("the API behind it has a certificate of another name", async () => {
    const { host } = await proxy();
    const other = authority.issue({ name: "other", hosts: ["other.example"] });
    const server = createHttpsServer(other, (_request, response) => response.end("{}"));
    const base = `https://127.0.0.1:${await listen(server)}`;
    cleanups.push(() => server.close());
    expect(await refreshFails(`http://${host}`, base)).toContain("is for other.example");
  });
});

it("a proxy may itself be reached by TLS", async () => {
  const { host } = await proxy();
  // TLS in front of the proxy.
  const { connect } = await import("node:net");
  const { createServer: createTlsServer } = await import("node:tls");
  const front = createTlsServer(certificate, (socket) => {
    const [, port = ""] = host.split(":");
    const onward = connect(Number(port), "127.0.0.1");
    for (const end of [socket, onward]) end.on("error", () => {});
    socket.pipe(onward).pipe(socket);
  });
  const url = `https://127.0.0.1:${await listen(front)}`;
  cleanups.push(() => front.close());
  expect((await broadcast(httpsBase, { PUSH_CLI_PROXY: url })).code).toBe(0);
  expect((await broadcast(sandbox.url, { PUSH_CLI_PROXY: url })).code).toBe(0);
  const untrusted = await runCli(["token", "refresh", "--force", "--yes", "--proxy", url], {
    env: cliEnv(redis.url, sandbox.url),
  });
  expect(untrusted.stderr).toContain("no connection to the proxy: no TLS connection to 127.0.0.1");
});
