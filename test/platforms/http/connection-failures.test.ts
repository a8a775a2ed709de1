import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../helpers/certificates.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { createSender, messageOf } from "../open.ts";
import { awaited, freePort } from "../servers.ts";

const authority = createAuthority("API CA");
const stranger = createAuthority("Another CA");
const good = authority.issue({ name: "api", addresses: ["127.0.0.1"], hosts: ["localhost"] });
const dir = mkdtempSync(join(tmpdir(), "push-cli-api-"));
const caFile = join(dir, "ca.crt");
const open: { server: Server; sockets: Set<Socket> }[] = [];

let redis: TestRedis;
beforeAll(async () => {
  writeFileSync(caFile, authority.cert);
  redis = await startTestRedis();
});
afterAll(async () => {
  for (const { server, sockets } of open) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  server.on("tlsClientError", () => {});
  open.push({ server, sockets });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tls = (certificate: { cert: string; key: string }, answer = true) =>
  listen(createHttpsServer(certificate, (_request, response) => void (answer && response.end("{}"))));
const tcp = (greet: (socket: Socket) => void) => listen(createTcpServer(greet));

/** How it fails; the base that does, and what is said of it. */
const CASES: [name: string, base: () => Promise<string>, words: RegExp][] = [
  [
    "a certificate of another name",
    () => tls(authority.issue({ name: "other", hosts: ["other.example"] })),
    /the certificate of 127\.0\.0\.1:\d+ is for other\.example/,
  ],
  [
    "a certificate of another name, asked for by name",
    async () =>
      (await tls(authority.issue({ name: "x", hosts: ["other.example"] }))).replace("127.0.0.1", "localhost"),
    /the certificate of localhost:\d+ is for other\.example/,
  ],
  [
    "a certificate of a CA that nobody trusts",
    () => tls(stranger.issue({ name: "api", addresses: ["127.0.0.1"] })),
    /no TLS connection to 127\.0\.0\.1:\d+: no trusted CA has signed its certificate/,
  ],
  [
    "a self-signed certificate",
    () => tls(createAuthority("Itself")),
    /no TLS connection to 127\.0\.0\.1:\d+: its certificate is self-signed/,
  ],
  [
    "an expired certificate",
    () => tls(authority.issue({ name: "api", addresses: ["127.0.0.1"], from: -3, to: -1 })),
    /no TLS connection to 127\.0\.0\.1:\d+: its certificate has expired/,
  ],
  [
    "plain HTTP behind https",
    () => tcp((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
    /no TLS connection to 127\.0\.0\.1:\d+: it does not speak TLS/,
  ],
  [
    "an SSH server behind https",
    () => tcp((socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n")),
    /no TLS connection to 127\.0\.0\.1:\d+: it does not speak TLS/,
  ],
  [
    "a server of HTTP/2 alone",
    () => listen(createSecureServer({ ...good, allowHTTP1: false })),
    /127\.0\.0\.1:\d+/,
  ],
  ["a name that is not there", async () => "https://no-such-host.invalid", /can't be resolved/],
  [
    "a port that nobody listens on",
    async () => `https://127.0.0.1:${await freePort()}`,
    /connection refused by 127\.0\.0\.1:\d+/,
  ],
  ["a handshake that never ends", () => tcp(() => {}), /no connection to 127\.0\.0\.1:\d+ within/],
  ["a server that never answers", () => tls(good, false), /no answer within/],
];

describe.concurrent("ends with words of its own:", () => {
  it.each(CASES)("%s", async (_name, start, words) => {
    const base = await start();
    await Promise.all([refreshFails(base, words), sendFails(base, words)]);
  });
});

/** The command ends as a whole: whatever it opened is closed. */
async function refreshFails(base: string, words: RegExp): Promise<void> {
  const appid = `wx-${new URL(base).port || "none"}`;
  const env = { ...cliEnv(redis.url, base), PUSH_CLI_API_CA: caFile, PUSH_CLI_APPID: appid };
  const { code, stderr } = await runCli(["token", "refresh"], { env });
  expect([code, stderr]).toEqual([7, expect.stringMatching(words)]);
  expect(await redis.client.exists(`mina:lock:token:${appid}`), "the lock is free").toBe(0);
}

async function sendFails(apiBase: string, words: RegExp): Promise<void> {
  const message = messageOf("T", ["a"]);
  const network = { extraCas: [authority.cert] };
  const options = { apiBase, concurrency: 3, timeoutMs: 5000, message, network };
  const sender = awaited(await createSender(options));
  const answers = await Promise.all(["1", "2", "3"].map((id) => sender.send(id, id, "TOKEN")));
  for (const answer of answers) expect(answer.errmsg).toMatch(words);
  await sender.close();
}

it("a good certificate of the CA in --api-ca is trusted", async () => {
  const body = '{"access_token":"76_abc-DEF-of-the-api","expires_in":7200}';
  const base = await listen(createHttpsServer(good, (_request, response) => response.end(body)));
  const env = { ...cliEnv(redis.url, base), PUSH_CLI_APPID: "wx-good" };
  const untrusted = await runCli(["token", "refresh"], { env });
  expect([untrusted.code, untrusted.stderr]).toEqual([7, expect.stringContaining("--api-ca <file>")]);
  const { code, stdout } = await runCli(["token", "refresh", "--api-ca", caFile], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining("76_abc...")]);
});
