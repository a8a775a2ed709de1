import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { freePort } from "../platforms/servers.ts";
import { broadcast, checkBooks, giveCode, giveUsers, outcomes, useWorld } from "./world.ts";

const world = useWorld();
const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split("\n").at(-1)!).error;
const TOKEN = "a-stored-token-4711";
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A broadcast with a token in store, through an address that is something else than the API. */
async function sendThrough(base: string, concurrency = 64, args: string[] = []) {
  await world.redis.client.set("mina:access_token:wx-sandbox", TOKEN, "EX", 3600);
  return broadcast(world, ["--id", "b-1", "--concurrency", String(concurrency), ...args], {
    env: { PUSH_CLI_API_BASE: base },
  });
}

interface Page {
  name: string;
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
  message: string;
  hint: string;
}

const PAGES: Page[] = [
  {
    name: "a captive portal",
    status: 200,
    type: "text/html",
    body: "<html><head><title>Hotel &amp; Wi-Fi\n login</title></head><body>x</body></html>",
    message: "the answer is not a JSON object",
    hint: 'it says "Hotel &amp; Wi-Fi login"',
  },
  {
    name: "garbage",
    status: 200,
    type: "text/plain",
    body: "\u0000\u0001upstream connect error",
    message: "the answer is not a JSON object",
    hint: 'it says "upstream connect error"',
  },
  { name: "nothing", status: 200, type: "text/html", body: "", message: "JSON", hint: "its answer is empty" },
  {
    name: "a page that quotes the token",
    status: 403,
    type: "text/html",
    body: `<html><body><p>Forbidden: <b>/send?access_token=${TOKEN}</b> ${"x".repeat(300)}</p></body></html>`,
    message: "HTTP 403 Forbidden",
    hint: "[redacted]",
  },
  {
    name: "a redirect",
    status: 301,
    type: "text/html",
    body: "<html></html>",
    headers: { location: `https://login.example/start?access_token=${TOKEN}` },
    message: "HTTP 301 Moved Permanently",
    hint: "it redirects to https://login.example/start",
  },
  {
    name: "a gateway without a server behind it",
    status: 502,
    type: "text/html",
    body: "<html><head><title>502 Bad Gateway</title></head></html>",
    message: "HTTP 502 Bad Gateway",
    hint: 'it says "502 Bad Gateway"',
  },
  {
    name: "JSON of something else",
    status: 404,
    type: "application/json",
    body: '{"detail":"Not Found"}',
    message: "HTTP 404 Not Found",
    hint: "detail",
  },
];

describe("an address that never answers like the API ends the run, exit 7", () => {
  test.each(PAGES)("$name", async ({ status, type, body, headers, message, hint }) => {
    await giveUsers(world, 100);
    let requests = 0;
    const answer = (_: unknown, response: ServerResponse) => {
      requests++;
      response.writeHead(status, { "content-type": type, ...headers }).end(body);
    };
    const result = await sendThrough(await listen(createServer(answer)));
    expect(result.code).toBe(7);
    expect(requests).toBeLessThanOrEqual(10);
    const error = errorOf(result.stderr);
    expect(error).toMatchObject({ code: "api", message: expect.stringContaining(message) });
    expect(error.message).toContain("does not answer like the API");
    expect(error.hint).toContain(hint);
    expect(error.hint).toContain("--api-base");
    expect(result.stderr + result.stdout).not.toContain(TOKEN);
    const document = await checkBooks(world, result, 100);
    expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), codes: { spent: 0 } });
    await checkResumed(100);
  });

  test("codes with several uses are not unknown for it: they stay claimed", async () => {
    for (let i = 0; i < 8; i++) await giveCode(world, `p${i}`, `wx2026112312000${i}`, { uses: 3 });
    const base = await listen(createServer((_, response) => response.end("<title>Portal</title>")));
    const result = await sendThrough(base, 4);
    expect(result.code).toBe(7);
    const document = result.json<BroadcastResult>();
    expect(document.outcomes).toEqual(outcomes({}));
    expect(document.open).toBeGreaterThan(0);
    expect(document.open).toBeLessThanOrEqual(4);
  });

  const UNREACHABLE: [string, () => Promise<string>, RegExp, number, string?][] = [
    ["connection refused", async () => `http://127.0.0.1:${await freePort()}`, /connection refused by/, 0],
    ["no such host", async () => "http://nowhere.invalid", /can't be resolved/, 0],
    [
      "no TLS there",
      async () => (await listen(createServer())).replace("http:", "https:"),
      /TLS|SSL|EPROTO/i,
      0,
    ],
    [
      "a peer that never answers",
      () => listen(createTcpServer(() => {})),
      /no answer within 500 ms|no answer within 0.5 s/,
      10,
      "500ms",
    ],
    [
      "a peer that hangs up",
      () => listen(createTcpServer((socket) => void socket.on("data", () => socket.resetAndDestroy()))),
      /connection (reset|closed)/,
      10,
    ],
  ];
  test.each(UNREACHABLE)("%s", async (_, makeBase, message, mostOpen, timeout = "20s") => {
    await giveUsers(world, 100);
    const before = await world.redis.pools();
    const result = await sendThrough(await makeBase(), 64, ["--timeout", timeout]);
    expect(result.code, result.stderr).toBe(7);
    expect(errorOf(result.stderr)).toMatchObject({ code: "api", message: expect.stringMatching(message) });
    expect(errorOf(result.stderr).message).toContain("the API can't be reached");
    const document = await checkBooks(world, result, 100);
    expect(document.outcomes).toEqual(outcomes({}));
    expect(document.open).toBeLessThanOrEqual(mostOpen);
    if (mostOpen === 0) expect(await world.redis.pools()).toEqual(before);
    await checkResumed(100);
  });

  test("one user alone", async () => {
    await giveUsers(world, 1);
    const result = await sendThrough(await listen(createServer((_, response) => response.end("hello"))), 1);
    expect(result.code).toBe(7);
    expect(errorOf(result.stderr).hint).toContain('it says "hello"');
    await checkResumed(1);
  });
});

/** A peer that answers every 20th send with a page of its own and else hands the request to the sandbox. */
async function listenBefore(status: number): Promise<string> {
  let sends = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url?.includes("template/send") && ++sends % 20 === 0) {
      response.writeHead(status, { "content-type": "text/html" }).end("<title>Blocked</title>");
      return;
    }
    const answer = await fetch(`${world.sandbox.url}${request.url}`, {
      method: request.method ?? "GET",
      ...(request.method === "POST" ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(200, { "content-type": "application/json" }).end(await answer.text());
  });
  return listen(server);
}

test.each([301, 307, 401, 403, 404, 407, 413, 499])(
  "a foreign page now and then (HTTP %i) after successes does no harm: everybody gets the message",
  async (status) => {
    await giveUsers(world, 100);
    const result = await broadcast(world, ["--concurrency", "8"], {
      env: { PUSH_CLI_API_BASE: await listenBefore(status) },
    });
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 100);
    expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 100 }) });
    expect(document.errors[0]?.errmsg).toContain(`HTTP ${status}`);
  },
);

/** With the API there, everybody gets the message with the code that was claimed first. */
async function checkResumed(users: number): Promise<void> {
  await world.redis.client.del("mina:access_token:wx-sandbox");
  const resumed = await runCli(
    ["broadcast", "resume", "b-1", "--json", "--yes", "--api-base", world.sandbox.url],
    {
      env: cliEnv(world.redis.url, world.sandbox.url),
    },
  );
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.json()).toMatchObject({ status: "finished", outcomes: { sent: users, unknown: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1, codesUsed: users });
}
