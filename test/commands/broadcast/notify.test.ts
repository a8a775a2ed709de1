import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  giveUsers,
  interrupt,
  setFaults,
  TEMPLATE,
  until,
  useFolder,
  useWorld,
} from "../../broadcast/world.ts";
import { type CliOptions, cliEnv, runCli } from "../../helpers/cli.ts";
import { faultsOf } from "../../helpers/documents.ts";
import { useHookServer } from "../../helpers/hook-server.ts";

const world = useWorld({ sandbox: { latencyMs: 2 } });
const hook = useHookServer();
const dir = useFolder();
const SECRET = "SEC-notify-0123456789";
const KEY = "k3y-that-nobody-may-see";
const PATH = `/hook/p4th-that-nobody-may-see/send?key=${KEY}`;

beforeEach(() => giveUsers(world, 5));

/** Settings by which a run notifies the server. */
const notifying = (more: Record<string, string> = {}): CliOptions => ({
  env: { PUSH_CLI_NOTIFY_URL: `${hook.url}${PATH}`, ...more },
});

const run = (argv: string[], options: CliOptions = {}) =>
  runCli(argv, { ...options, env: { ...cliEnv(world.redis.url, world.sandbox.url), ...options.env } });

const bodies = () => hook.calls.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const sent = () => world.sandbox.stats().delivered;
describe("the end of a broadcast", () => {
  test("is posted as it is printed, once, when it is written down; signed over time and body", async () => {
    let kept: Record<string, string> = {};
    hook.onCall = async () => {
      kept = await world.redis.client.hgetall("mina:broadcast:sale");
    };
    const ended = await broadcast(world, ["--id", "sale"], notifying({ PUSH_CLI_NOTIFY_SECRET: SECRET }));
    expect([ended.code, hook.calls.length]).toEqual([0, 1]);
    expect([kept.status, JSON.parse(kept.result ?? "{}").outcomes?.sent]).toEqual(["finished", 5]);
    const [call] = hook.calls;
    const [body] = bodies();
    expect([call?.method, call?.path]).toEqual(["POST", PATH]);
    const document = ended.json<BroadcastResult>();
    expect(body).toEqual({
      ...document,
      event: "broadcast.ended",
      eventId: `sale/${document.run?.runId}`,
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(faultsOf("broadcast-notification", body)).toEqual([]);
    const [, time, mac] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call?.headers["x-push-cli-signature"])) ?? [];
    expect(mac).toBe(createHmac("sha256", SECRET).update(`${time}.${call?.body}`).digest("hex"));
    expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(3600);
    expect(call?.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  test("is posted to chats as text that says how it went, signed in their own way", async () => {
    const ids = ["wecom", "dingtalk", "feishu", "slack"];
    setFaults(world, "errcode-45009:100");
    for (const format of ids) {
      hook.answers = [{ status: 200, body: format === "feishu" ? '{"code":0}' : '{"errcode":0}' }];
      const argv = ["--id", format, "--notify-format", format];
      const ended = await broadcast(world, argv, notifying({ PUSH_CLI_NOTIFY_SECRET: SECRET }));
      expect(ended.code, ended.stderr).toBe(9);
      expect(ended.stderr).toContain("notified 127.0.0.1");
    }
    const [wecom, dingtalk, feishu, slack] = hook.calls.map(({ body }) => JSON.parse(body));
    const texts = [wecom?.text?.content, dingtalk?.text?.content, feishu?.content?.text, slack?.text];
    for (const [i, text] of texts.entries()) {
      expect(text).toContain(`push-cli: broadcast ${ids[i]} stopped\ntemplate ${TEMPLATE}\nsent 0`);
      expect(text).toContain("45009");
      expect(text).toContain(`next: push-cli broadcast resume ${ids[i]}`);
    }
    const paths = hook.calls.map(({ path }) => new URL(path, hook.url));
    const time = paths[1]?.searchParams.get("timestamp");
    expect(paths[1]?.searchParams.get("key")).toBe(KEY);
    expect(paths[1]?.searchParams.get("sign")).toBe(
      createHmac("sha256", SECRET).update(`${time}\n${SECRET}`).digest("base64"),
    );
    expect(feishu?.sign).toBe(createHmac("sha256", `${feishu?.timestamp}\n${SECRET}`).digest("base64"));
    for (const i of [0, 2, 3]) expect(hook.calls[i]?.path).toBe(PATH);
  });

  test("is posted for a run that is interrupted, and for the one that resumes it", async () => {
    await giveUsers(world, 300, { prefix: "m" });
    const argv = ["--id", "cut", "--concurrency", "1", "--notify", `${hook.url}/x`];
    const cut = await interrupt(world, argv, () => sent() > 10);
    expect(cut.code).toBe(130);
    expect(bodies()).toMatchObject([{ broadcastId: "cut", status: "interrupted" }]);
    const resumed = await run(["broadcast", "resume", "cut", "--yes", "--notify", `${hook.url}/x`]);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(bodies()).toMatchObject([
      { status: "interrupted" },
      { status: "finished", outcomes: { sent: 305 } },
    ]);
    expect(bodies()[0]?.eventId).not.toBe(bodies()[1]?.eventId);
  });

  test("is posted when somebody pauses it, with who it was", async () => {
    await giveUsers(world, 2000, { prefix: "m" });
    const running = broadcast(world, ["--id", "held", "--concurrency", "1"], notifying());
    await until(() => sent() > 5);
    expect((await run(["broadcast", "pause", "held"])).code).toBe(0);
    expect((await running).code).toBe(9);
    expect(bodies()).toMatchObject([
      { status: "paused", reason: expect.stringContaining("paused by tester@") },
    ]);
  });

  test("is posted once where two processes share it, by the last", async () => {
    await giveUsers(world, 1500, { prefix: "m" });
    const first = broadcast(world, ["--id", "both", "--concurrency", "2"], notifying());
    await until(() => sent() > 5);
    const argv = ["broadcast", "resume", "both", "--join", "--yes", "--concurrency", "2"];
    const second = await run(argv, notifying());
    expect([(await first).code, second.code]).toEqual([0, 0]);
    expect(bodies()).toMatchObject([{ broadcastId: "both", status: "finished", outcomes: { sent: 1505 } }]);
  });
});

describe("a webhook that fails", () => {
  test("is tried again after a 503 and a lost connection, with the same id", async () => {
    hook.answers = [{ status: 503 }, "reset", { status: 200 }];
    const ended = await broadcast(world, [], notifying());
    expect([ended.code, ended.stderr.includes("warning")]).toEqual([0, false]);
    expect(new Set(bodies().map(({ eventId }) => eventId)).size).toBe(1);
    expect(new Set(hook.calls.map(({ body }) => body)).size).toBe(1);
    expect(hook.calls).toHaveLength(3);
    expect(ended.stderr).toMatch(/^notified 127\.0\.0\.1:\d+ \(3 attempts\)$/m);
  });

  test.each([
    [{ status: 403, body: "no" }, "HTTP 403: no"],
    [{ status: 307, headers: { location: "/elsewhere" } }, "HTTP 307, a redirect, which is not followed"],
  ])("%o is a warning after one attempt, and the exit code stays", async (answer, why) => {
    hook.answers = [answer];
    const ended = await broadcast(world, [], notifying());
    expect([ended.code, hook.calls.length]).toEqual([0, 1]);
    expect(ended.stderr).toMatch(new RegExp(`^warning: could not notify 127\\.0\\.0\\.1:\\d+: ${why}$`, "m"));
    expect(ended.json<BroadcastResult>()).toMatchObject({ status: "finished", outcomes: { sent: 5 } });
  });

  test("is refused in words where the chat says so with 200", async () => {
    hook.answers = [{ status: 200, body: '{"errcode":93000,"errmsg":"invalid webhook url"}' }];
    const ended = await broadcast(world, ["--notify-format", "wecom"], notifying());
    expect([ended.code, hook.calls.length]).toEqual([0, 1]);
    expect(ended.stderr).toContain("errcode 93000: invalid webhook url");
  });

  test("is left alone at Ctrl-C, and the exit code stays", async () => {
    hook.answers = ["silence"];
    const ended = await interrupt(world, ["--notify", `${hook.url}/x`], () => hook.calls.length > 0);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/warning: could not notify 127\.0\.0\.1:\d+: interrupted/);
    expect(hook.calls).toHaveLength(1);
    expect(ended.json<BroadcastResult>()).toMatchObject({ status: "finished" });
  });

  test("that nobody runs is a warning", async () => {
    const ended = await broadcast(world, ["--notify", "http://127.0.0.1:9/secret-path"]);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/warning: could not notify 127\.0\.0\.1:9: .*\(3 attempts\)/);
  });
});

describe("before anything is sent", () => {
  test.each(["ftp://h/x", "qyapi.weixin.qq.com/send?key=tok3n", "https://u:tok3n@h/", "https://h/tok3n#x"])(
    "%s is a usage error that does not quote what may be a secret",
    async (url) => {
      const ended = await broadcast(world, ["--notify", url]);
      expect([ended.code, sent()]).toEqual([2, 0]);
      expect(ended.stderr).toContain("--notify");
      expect(ended.stderr).not.toContain("tok3n");
    },
  );

  test("a format that is none is a usage error, and so is a metrics file that node_exporter would not read", async () => {
    for (const argv of [
      ["--notify", hook.url, "--notify-format", "teams"],
      ["--textfile-metrics", join(dir, "a.txt")],
    ]) {
      const ended = await broadcast(world, argv);
      expect([ended.code, sent()]).toEqual([2, 0]);
    }
  });

  test("a dry run says which host it would notify, and sends nothing", async () => {
    const json = await broadcast(world, ["--dry-run"], notifying());
    expect(json.stderr).toMatch(/dry run: would notify 127\.0\.0\.1:\d+ \(json\)/);
    expect([json.code, hook.calls.length]).toEqual([0, 0]);
    expect(json.stderr + json.stdout).not.toContain(KEY);
  });

  test("--notify none is for a run of which nobody is told", async () => {
    expect((await broadcast(world, ["--notify", "none"], notifying())).code).toBe(0);
    expect(hook.calls).toEqual([]);
  });

  test("what does not begin has no end to tell of", async () => {
    expect((await broadcast(world, ["--id", "one", "--notify", "none"], notifying())).code).toBe(0);
    expect((await broadcast(world, ["--id", "one"], notifying())).code).toBe(10);
    expect(hook.calls).toEqual([]);
  });
});

test("neither what is printed nor logs nor the audit log have the path or query of a webhook in them", async () => {
  const files = { log: join(dir, "log"), audit: join(dir, "audit") };
  // A server that says what it was asked for.
  hook.answers = [{ status: 400, body: `no such hook: ${PATH}, ${SECRET}` }];
  const env = { PUSH_CLI_AUDIT_LOG: files.audit, PUSH_CLI_NOTIFY_SECRET: SECRET };
  const url = `${hook.url}${PATH}`;
  const logged = ["--debug", "--log-file", files.log];
  const results = [
    await broadcast(world, ["--to", "u0", ...logged, "--notify", url], { env }),
    await broadcast(world, ["--to", "u1", ...logged, `--notify=${url}`], { env }),
    await broadcast(world, ["--to", "u2", ...logged], notifying(env)),
    await run(["broadcast", TEMPLATE, "--to", "u3", "--no-keywords", "--yes", ...logged], notifying(env)),
    await broadcast(world, [...logged, "--notify", `${url}#x`], { env }),
    await run(["config", "show", "--json", ...logged], notifying(env)),
    await run(["purge", "--ping", url, ...logged], { env }),
    await run(["purge", ...logged], { env: { ...env, PUSH_CLI_PURGE_PING_URL: url } }),
  ];
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 2, 0, 0, 0]);
  expect(hook.calls.map(({ path }) => path)).toEqual(Array(6).fill(PATH));
  const printed = results.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  const texts = [printed, readFileSync(files.log, "utf8"), readFileSync(files.audit, "utf8")];
  expect(texts[0]).toContain("no such hook: ***");
  expect(texts[1]).toContain("/***");
  expect(texts[2]).toContain("/***");
  for (const text of texts)
    for (const secret of ["nobody-may-see", SECRET]) expect(text.includes(secret), secret).toBe(false);
});
