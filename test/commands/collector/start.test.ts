import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useWorld } from "../world.ts";
import { SECRET, type TestCollector, useCollectors } from "./running.ts";
import { bearer, popupEvent, signedCallback } from "./session.ts";

const world = useWorld();
const collectors = useCollectors(world);
const TEMPLATE = "Qm7cT0wVnE2sKxj4ZB9rLd5uYhPoA1iG8fXeR3bN6kM";
const OPEN_ID = "oUserWithALongOpenId00000001";

const report = (collector: TestCollector, openId: string, ...formIds: string[]) =>
  collector.ask("/codes", {
    headers: bearer(openId),
    body: { codes: formIds.map((formId) => ({ formId })) },
  });
const formIds = async (openId: string) =>
  (await world.redis.entries(openId)).map((entry) => (JSON.parse(entry) as { formId: string }).formId);
const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
/** Not always the first line: the socket may take a request just before it. */
const startedOf = (lines: Record<string, unknown>[]) => lines.find(({ event }) => event === "started");

describe("a collector", () => {
  it("fills pools that a broadcast finds, logs JSON lines, and ends with 0 at SIGTERM", async () => {
    const collector = await collectors.start();
    const answer = await report(collector, OPEN_ID, "code-0001", "code-0002");
    expect(answer.json()).toMatchObject({ taken: 2, known: 0, refused: 0 });
    expect(await formIds(OPEN_ID)).toEqual(["code-0001", "code-0002"]);
    const sent = await world.cli(["broadcast", "t1", "--no-keywords", "--yes", "--json"]);
    expect(sent.json()).toMatchObject({ outcomes: { sent: 1 } });
    const { code, stdout, stderr } = await collector.end();
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(startedOf(lines)).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      level: "info",
      event: "started",
      address: `unix:${collector.socketPath}`,
      routes: ["/login", "/codes", "/consents", "/healthz", "/metrics"],
    });
    expect(lines.map(({ event }) => event).slice(-2)).toEqual(["stopping", "stopped"]);
    expect(lines).toContainEqual(expect.objectContaining({ event: "request", route: "/codes", taken: 2 }));
    expect(stderr).toBe(`listening on unix:${collector.socketPath}; press Ctrl-C to stop\n`);
    expect(stdout + stderr).not.toContain(OPEN_ID);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toMatch(/eyJ/);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("ends with the code of %s", async (signal, code) => {
    const collector = await collectors.start();
    expect(await collector.end(signal)).toMatchObject({ code });
  });

  it("logs whole openIds with --full-openids", async () => {
    const collector = await collectors.start(["--full-openids"]);
    await report(collector, OPEN_ID, "code-0001");
    expect((await collector.end()).stdout).toContain(OPEN_ID);
  });

  it("lets clients log in by the platform", async () => {
    const collector = await collectors.start(["--session-life", "2h"]);
    const body = JSON.stringify({ openId: OPEN_ID });
    const issued = await fetch(`${world.sandbox.url}/sandbox/login`, { method: "POST", body });
    const { code } = (await issued.json()) as { code: string };
    const login = await collector.ask("/login", { body: { code } });
    const { token, expiresInMs } = login.json<{ token: string; expiresInMs: number }>();
    expect(expiresInMs).toBe(7_200_000);
    const headers = { authorization: `Bearer ${token}` };
    await collector.ask("/codes", { headers, body: { codes: [{ formId: "code-0001" }] } });
    expect(await formIds(OPEN_ID)).toEqual(["code-0001"]);
    expect((await collector.ask("/login", { body: { code } })).status).toBe(401);
    await collector.end();
  });

  it("keeps as many codes as told, takes as many requests, and has standing consents", async () => {
    const argv = ["--codes-per-user", "2", "--requests-per-minute", "3", "--long-term", TEMPLATE];
    const collector = await collectors.start(argv);
    await report(collector, OPEN_ID, "code-0001", "code-0002", "code-0003");
    expect(await formIds(OPEN_ID)).toEqual(["code-0002", "code-0003"]);
    const consent = { headers: bearer(OPEN_ID), body: { templates: { [TEMPLATE]: "accept" }, report: "r1" } };
    expect((await collector.ask("/consents", consent)).json()).toMatchObject({ taken: 1 });
    const [entry = ""] = await world.redis.client.lrange(`mina:consent:{${OPEN_ID}}:${TEMPLATE}`, 0, -1);
    expect(JSON.parse(entry)).toMatchObject({ standing: true });
    expect((await report(collector, OPEN_ID, "code-0004")).status).toBe(200);
    expect((await report(collector, OPEN_ID, "code-0005")).status).toBe(429);
    await collector.end();
  });

  it("works on the pools of each kind, whatever the channel", async () => {
    const env = { PUSH_CLI_CHANNEL: "wechat-subscribe", PUSH_CLI_POOL_PREFIX: "own:" };
    const collector = await collectors.start([], { ...env, PUSH_CLI_CONSENT_CAP: "1" });
    await report(collector, "oA", "code-0001");
    for (const key of ["r1", "r2"]) {
      const body = { templates: { [TEMPLATE]: "accept", T2: "accept" }, report: key };
      await collector.ask("/consents", { headers: bearer("oA"), body });
    }
    expect(await world.redis.keys("mina:consent:*")).toEqual([]);
    expect(await formIds("oA")).toEqual(["code-0001"]);
    expect(await world.redis.client.llen(`own:{oA}:${TEMPLATE}`)).toBe(1);
    await collector.end();
  });

  it("answers 503 while Redis is away, says so, and starts all the same", async () => {
    const collector = await collectors.start([], { PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1" });
    expect((await report(collector, "oA", "code-0001")).status).toBe(503);
    const { code, stderr } = await collector.end();
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: can't reach Redis at redis:\/\/127.0.0.1:1: .* get a 503 response/);
  });
});

describe("routes", () => {
  const CALLBACK = { PUSH_CLI_COLLECTOR_SECRET: "", PUSH_CLI_CALLBACK_TOKEN: "token1" };
  const HEADER = ["--trust-openid-header", "X-WX-OPENID"];
  it.each([
    ["a callback token alone", [], CALLBACK, ["/callback"]],
    ["a trusted header", HEADER, {}, ["/codes", "/consents"]],
    ["a secret and no appsecret", [], { PUSH_CLI_APPSECRET: "" }, ["/codes", "/consents"]],
    ["cloud hosting", [...HEADER, "--cloud-hosting"], {}, ["/codes", "/consents", "/callback"]],
  ])("of %s", async (_, argv, env, routes) => {
    const collector = await collectors.start(argv, env);
    for (const route of ["/login", "/codes", "/consents", "/callback"]) {
      const { status } = await collector.ask(route, { body: {} });
      expect({ route, isThere: status !== 404 }).toEqual({ route, isThere: routes.includes(route) });
    }
    const { stdout } = await collector.end();
    expect(startedOf(linesOf(stdout))).toMatchObject({ routes: [...routes, "/healthz", "/metrics"] });
  });

  it("/codes take the user that the gateway names", async () => {
    const collector = await collectors.start(HEADER);
    const body = { codes: [{ formId: "code-0001" }] };
    await collector.ask("/codes", { headers: { "x-wx-openid": "oA" }, body });
    expect(await formIds("oA")).toEqual(["code-0001"]);
    expect((await collector.ask("/codes", { headers: bearer("oB"), body })).status).toBe(401);
    await collector.end();
  });

  it("/callback takes cloud hosting's unsigned pushes when told to, and those that claim to be signed never", async () => {
    const collector = await collectors.start(["--cloud-hosting"], CALLBACK);
    const push = (path: string, headers = {}) =>
      collector.ask(path, { headers, body: popupEvent("oA", TEMPLATE) });
    expect((await push("/callback", { "x-wx-sources": "wx" })).status).toBe(200);
    expect(await world.redis.client.llen(`mina:consent:{oA}:${TEMPLATE}`)).toBe(1);
    await collector.end();
    const without = await collectors.start(["--cloud-hosting"], { PUSH_CLI_COLLECTOR_SECRET: "" });
    expect((await without.ask(signedCallback("", { echostr: "1" }))).status).toBe(401);
    await without.end();
  });
});

describe("consents", () => {
  const CALLBACK = { PUSH_CLI_CALLBACK_TOKEN: "token1" };
  it.each([
    ["both", 1, "known"],
    ["events", 1, "ignored"],
    ["reports", 1, "taken"],
  ])("--consents %s", async (source, count, fate) => {
    const collector = await collectors.start(["--consents", source], CALLBACK);
    const event = { body: popupEvent("oA", TEMPLATE) };
    expect((await collector.ask(signedCallback("token1"), event)).text).toBe("success");
    const body = { templates: { [TEMPLATE]: "accept" }, report: "r1" };
    const answer = await collector.ask("/consents", { headers: bearer("oA"), body });
    expect(answer.json()).toMatchObject({ templates: { [TEMPLATE]: { fate } } });
    expect(await world.redis.client.llen(`mina:consent:{oA}:${TEMPLATE}`)).toBe(count);
    await collector.end();
  });

  it("that nobody is believed about are warned of", async () => {
    const deaf = await collectors.start(["--consents", "events"]);
    expect((await deaf.end()).stderr).toMatch(/warning: --consents events without a callback/);
    const env = { ...CALLBACK, PUSH_CLI_COLLECTOR_SECRET: "" };
    const mute = await collectors.start(["--consents", "reports"], env);
    expect((await mute.end()).stderr).toMatch(/warning: --consents reports without sessions/);
  });
});

describe("--forward", () => {
  const got: string[] = [];
  const backend = createServer((request, response) => {
    request.on("data", (chunk) => got.push(`${request.url} ${chunk}`));
    request.on("end", () => response.end("from the backend"));
  });
  beforeAll(() => new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve)));
  afterAll(() => backend.close());

  it("hands on what is not ours, with its query, and the backend's answer back", async () => {
    const { port } = backend.address() as AddressInfo;
    const forward = ["--forward", `http://127.0.0.1:${port}/wx`];
    const collector = await collectors.start(forward, { PUSH_CLI_CALLBACK_TOKEN: "token1" });
    const path = signedCallback("token1");
    const body = '{"FromUserName":"oA","MsgType":"text","Content":"hi","CreateTime":1}';
    expect((await collector.ask(path, { body })).text).toBe("from the backend");
    expect(got).toEqual([`/wx${path.slice("/callback".length)} ${body}`]);
    await collector.end();
  });
});
