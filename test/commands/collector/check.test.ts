import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import type { Check } from "../../../src/commands/collector/checks.ts";
import { useWorld } from "../world.ts";
import { SECRET, useCollectors } from "./running.ts";

const world = useWorld();
const collectors = useCollectors(world);
const KEY = "k".repeat(43);
const ALL = {
  PUSH_CLI_COLLECTOR_SECRET: SECRET,
  PUSH_CLI_CALLBACK_TOKEN: "token1",
  PUSH_CLI_CALLBACK_AES_KEY: KEY,
};

interface Document {
  ok: boolean;
  checks: Check[];
}

/** Exit code and the state of each check. */
async function check(env: Record<string, string>, ...argv: string[]) {
  const { code, stdout, stderr } = await world.cli(["collector", "check", "--json", ...argv], { env });
  const { ok, checks } = JSON.parse(stdout) as Document;
  expect(stdout + stderr).not.toMatch(new RegExp(`${SECRET}|${KEY}|token1|sandbox-secret|hunter2`));
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  const problems = Object.fromEntries(
    checks.flatMap(({ name, problem }) => (problem ? [[name, problem]] : [])),
  );
  return { code, ok, states, problems, checks };
}

describe("settings", () => {
  it("that are complete", async () => {
    const { code, ok, states, checks } = await check(ALL);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(states).toEqual({
      collectorSecret: "ok",
      callbackToken: "ok",
      callbackAesKey: "ok",
      callbackAesKeyPrevious: "off",
      appid: "ok",
      appsecret: "ok",
      redis: "ok",
    });
    expect(checks[0]).toEqual({
      name: "collectorSecret",
      state: "ok",
      from: "PUSH_CLI_COLLECTOR_SECRET",
      what: expect.stringContaining("/codes"),
    });
  });

  it("that are not there", async () => {
    const { code, ok, states } = await check({ PUSH_CLI_APPID: "", PUSH_CLI_APPSECRET: "" });
    expect({ code, ok }).toEqual({ code: 5, ok: false });
    expect(states).toMatchObject({
      collectorSecret: "missing",
      callbackToken: "off",
      appid: "off",
      appsecret: "off",
    });
  });

  it.each([
    [{ ...ALL, PUSH_CLI_COLLECTOR_SECRET: "hunter2" }, "collectorSecret", "wrong", /has 7 bytes/],
    [{ ...ALL, PUSH_CLI_CALLBACK_TOKEN: "hunter2-" }, "callbackToken", "wrong", /is not 3 to 32/],
    [{ ...ALL, PUSH_CLI_CALLBACK_AES_KEY: "hunter2" }, "callbackAesKey", "wrong", /is not 43/],
    [
      { ...ALL, PUSH_CLI_CALLBACK_TOKEN: "" },
      "callbackToken",
      "missing",
      /callbackAesKey has no effect without it/,
    ],
    [{ ...ALL, PUSH_CLI_APPID: "" }, "appid", "missing", /required by \/callback/],
    [{ PUSH_CLI_COLLECTOR_SECRET_FILE: "/none" }, "collectorSecret", "wrong", /cannot read "\/none"/],
  ] as [Record<string, string>, string, string, RegExp][])("%o", async (env, name, state, problem) => {
    const { code, states, problems } = await check(env);
    expect(code).toBe(5);
    expect(states[name]).toBe(state);
    expect(problems[name]).toMatch(problem);
  });

  it("with a Redis that does not answer", async () => {
    const { code, states, problems } = await check({
      ...ALL,
      PUSH_CLI_REDIS_URL: "redis://u:hunter2@127.0.0.1:1",
    });
    expect(code).toBe(6);
    expect(states.redis).toBe("wrong");
    expect(problems.redis).toMatch(/can't reach Redis/);
  });

  it("are a table on a terminal, and what is wrong is told below it", async () => {
    const env = { ...world.env, ...ALL, PUSH_CLI_CALLBACK_TOKEN: "hunter2-" };
    const { stdout, stderr } = await world.screen(["collector", "check"]);
    expect(stdout).toMatch(/^check +state +from +what\n─+/);
    expect(stdout).toMatch(/^callbackToken +off/m);
    expect(stderr).toMatch(/^collectorSecret: not set: .*\n {2}hint: .*openssl rand/);
    const piped = await world.cli(["collector", "check"], { env });
    expect(piped.stdout).toMatch(
      /^callbackToken\twrong\tPUSH_CLI_CALLBACK_TOKEN\tPUSH_CLI_CALLBACK_TOKEN is not/m,
    );
  });
});

describe("a running collector", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** A server at a port, for a collector at a socket or for none. */
  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** As a proxy in front does. */
  async function proxied(argv: string[] = [], env: Record<string, string> = ALL) {
    const collector = await collectors.start(argv, env);
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", async () => {
        const { authorization = "" } = request.headers;
        const headers = authorization === "" ? {} : { authorization };
        const { status, text } = await collector.ask(
          request.url ?? "",
          body === "" ? { headers } : { headers, body },
        );
        response.writeHead(status).end(text);
      });
    });
    return { collector, url };
  }

  const GOOD = {
    healthz: "ok",
    callback: "ok",
    "forged callback": "ok",
    session: "ok",
    "forged session": "ok",
  };

  it("with the same settings passes, and nothing is written", async () => {
    const { collector, url } = await proxied();
    for (const address of [url, `${url}/callback`]) {
      const { code, states } = await check(ALL, "--url", address);
      expect(code).toBe(0);
      expect(states).toMatchObject(GOOD);
    }
    expect(await world.redis.keys("*")).toEqual([]);
    await collector.end();
  });

  it("with other secrets does not", async () => {
    const { collector, url } = await proxied();
    const others = { PUSH_CLI_COLLECTOR_SECRET: "x".repeat(32), PUSH_CLI_CALLBACK_TOKEN: "other" };
    const { code, states, problems } = await check({ ...ALL, ...others }, "--url", url);
    expect(code).toBe(8);
    expect(states).toMatchObject({ ...GOOD, callback: "wrong", session: "wrong" });
    expect(problems).toEqual({
      callback: "responded with 401 bad_signature: does not pass the platform's URL verification",
      session: "responded with 401 unauthorized: should be 200",
    });
    await collector.end();
  });

  it("whose Redis is away, or that has no callback, is told of", async () => {
    const env = { ...ALL, PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1", PUSH_CLI_CALLBACK_TOKEN: "" };
    const { collector, url } = await proxied([], { ...env, PUSH_CLI_CALLBACK_AES_KEY: "" });
    const { code, problems } = await check(ALL, "--url", url);
    expect(code).toBe(8);
    expect(problems.healthz).toBe("responded with 503: should be 200");
    expect(problems.callback).toMatch(/^responded with 404/);
    await collector.end();
  });

  it("that takes anything is found out", async () => {
    const url = await serve((_, response) => response.end("yes"));
    const { code, states } = await check(ALL, "--url", url);
    expect(code).toBe(8);
    expect(states).toMatchObject({
      callback: "wrong",
      "forged callback": "wrong",
      "forged session": "wrong",
    });
  });

  it("that is not there is told of once", async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { code, problems } = await check(ALL, "--url", `http://127.0.0.1:${port}`);
    expect(code).toBe(8);
    expect(problems).toEqual({ healthz: expect.stringMatching(/^no response: .*127.0.0.1/) });
  });
});
