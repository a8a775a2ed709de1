import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type HttpDouble, serveHttp } from "../platforms/servers.ts";
import { HOUR_MS, useFolder } from "./world.ts";

/** What the sandbox does not answer: quotas as HTTP has them. */
let redis: TestRedis;
let api: HttpDouble | undefined;
const dir = useFolder();

beforeAll(async () => {
  redis = await startTestRedis();
});

afterEach(async () => {
  await api?.close();
  await redis.client.flushall();
});

afterAll(() => redis.stop());

interface Send {
  atMs: number;
  openId: string;
  formId: string;
}

/** A broadcast to `users` users at an API whose first send gets another answer than the rest. */
async function sendTo(users: number, status: number, headers: Record<string, string>, body = "") {
  const sends: Send[] = [];
  api = await serveHttp((response, { url, body: sent }) => {
    const isSend = url.startsWith("/cgi-bin/message");
    if (isSend) {
      const { touser, form_id } = JSON.parse(sent) as { touser: string; form_id: string };
      sends.push({ atMs: performance.now(), openId: touser, formId: form_id });
    }
    const first = isSend && sends.length === 1;
    response.writeHead(first ? status : 200, first ? headers : {});
    const token = '{"access_token":"tok","expires_in":7200}';
    response.end(first ? body : isSend ? '{"errcode":0,"errmsg":"ok"}' : token);
  });
  for (let i = 0; i < users; i++) await redis.push(`o-${i}`, plainEntry(`form-${i}`, Date.now() + HOUR_MS));
  const report = join(dir, `report-${status}-${JSON.stringify(headers).length}.ndjson`);
  const result = await runCli(
    ["broadcast", "tpl_1", "--no-keywords", "--yes", "--json", "--concurrency", "1", "--report", report],
    { env: cliEnv(redis.url, api.base) },
  );
  expect(result.code, result.stderr).toBe(0);
  const lines = readFileSync(report, "utf8").trimEnd().split("\n");
  return {
    outcome: result.json<BroadcastResult>(),
    sends,
    report: lines.map((line) => JSON.parse(line) as ReportLine),
  };
}

test.each([
  ["without Retry-After", {}, 1000],
  ["with Retry-After", { "retry-after": "2" }, 2000],
])(
  "429 %s pauses the run, and costs the recipient neither an attempt nor its code",
  async (_, headers, ms) => {
    const { outcome, sends, report } = await sendTo(5, 429, headers);
    expect(outcome).toMatchObject({ outcomes: { sent: 5 }, open: 0 });
    expect(sends).toHaveLength(6);
    expect(report.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    // Nobody is sent to before the pause is over; timers may wake a little early.
    expect(sends[1]!.atMs - sends[0]!.atMs).toBeGreaterThan(ms - 20);
    expect(sends.filter(({ openId }) => openId === sends[0]!.openId).map(({ formId }) => formId)).toEqual([
      sends[0]!.formId,
      sends[0]!.formId,
    ]);
  },
);

test("503 with Retry-After pauses everybody, and is an attempt that may have arrived", async () => {
  const { outcome, sends, report } = await sendTo(5, 503, { "retry-after": "2" });
  expect(outcome).toMatchObject({ outcomes: { sent: 5 }, open: 0 });
  expect(sends[1]!.atMs - sends[0]!.atMs).toBeGreaterThan(1980);
  const again = sends.filter(({ openId }) => openId === sends[0]!.openId);
  expect(again.map(({ formId }) => formId)).toEqual([sends[0]!.formId, sends[0]!.formId]);
  expect(report.find(({ openId }) => openId === sends[0]!.openId)).toMatchObject({
    outcome: "sent",
    attempts: 2,
  });
});
