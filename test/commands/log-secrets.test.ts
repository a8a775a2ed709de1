import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";

/** With characters that URLs, JSON and shells write in other ways. */
const PASSWORD = 'p4ss/w:rd "with" % & ?+é';
const APPSECRET = "sandbox-secret";
const SECRETS = {
  PUSH_CLI_COLLECTOR_SECRET: 'collector"secret\\0123456789012345678901234567890',
  PUSH_CLI_CALLBACK_TOKEN: "callbackToken0123",
  PUSH_CLI_CALLBACK_AES_KEY: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
};
const TEMPLATE = "yiMOZZ8xbmJe0Us6IgdYo0fJHqIHCPFXjzHJbNbeK0a";

let redis: TestRedis;
let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  redis = await startTestRedis();
  sandbox = await startSandbox({ acceptAny: true });
});
afterAll(async () => {
  await sandbox?.close();
  await redis?.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "push-cli-log-"));
  await redis.client.config("SET", "requirepass", PASSWORD);
});
afterEach(async () => {
  await redis.client.config("SET", "requirepass", "");
  await rm(folder, { recursive: true });
});

it("neither log nor audit log nor stderr has a secret of the settings or a token in it, whatever is run", async () => {
  for (const openId of ["o1", "o2"])
    await redis.client.rpush(
      `mina:openid:${openId}`,
      JSON.stringify({ formId: `f-${openId}`, expire: Date.now() + 1e7 }),
    );
  const file = (name: string) => path.join(folder, name);
  await writeFile(
    file("codes.ndjson"),
    JSON.stringify({ openId: "o3", formId: "f-o3", expire: Date.now() + 1e7 }),
  );
  const withPassword = redis.url.replace("redis://", `redis://:${encodeURIComponent(PASSWORD)}@`);
  const env = {
    ...cliEnv(withPassword, sandbox.url),
    ...SECRETS,
    PUSH_CLI_FROM_REDIS_URL: withPassword,
    // A proxy that does not answer: what is said of it has its password nowhere.
    PUSH_CLI_AUDIT_LOG: file("audit"),
  };
  const run = async (...argv: string[]) => {
    const { code, stderr, stdout } = await runCli([...argv, "--debug", "--log-file", file("log")], { env });
    return { code, text: stderr + stdout };
  };
  const results = [
    await run("token", "refresh", "--force", "--yes"),
    await run("token", "show"),
    await run("pool", "import", file("codes.ndjson")),
    await run("pool", "import", "--from", "string", "--from-prefix", "none:"),
    await run("pool", "stats"),
    await run("template", "list", "--channel", "wechat-subscribe"),
    await run("purge"),
    await run("pool", "stats", "--proxy", "http://user:pr0xyPass@127.0.0.1:9"),
    await run("broadcast", TEMPLATE, "--keywords", "a", "--any-template", "--yes"),
    await run(
      "broadcast",
      TEMPLATE,
      "--keywords",
      "a",
      "--any-template",
      "--yes",
      "--redis-url",
      withPassword.replace("p4ss", "wrong"),
    ),
    await run("collector", "check"),
    await run("token", "refresh", "--force", "--yes", "--proxy", "http://user:pr0xyPass@127.0.0.1:9"),
  ];
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 3, 0, 0, 0, 0, 0, 6, 0, 7]);
  const token = await redis.client.get("mina:access_token:wx-sandbox");
  expect(token).toMatch(/.{20}/);
  const texts = [
    ...results.map(({ text }) => text),
    await readFile(file("log"), "utf8"),
    await readFile(file("audit"), "utf8"),
  ].join("\n");
  expect(texts).toContain("AUTH");
  expect(texts).toContain("access_token=***");
  for (const secret of [PASSWORD, APPSECRET, "pr0xyPass", token ?? "", ...Object.values(SECRETS)]) {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      expect(texts.includes(form), form).toBe(false);
  }
});
