import type { MessageField } from "../../src/broadcast/channel.ts";
import { noOutcomes, type Outcome } from "../../src/broadcast/outcome.ts";
import type { BroadcastRecord, KnownRun } from "../../src/broadcast/record.ts";
import { viewBroadcast } from "../../src/broadcast/view.ts";
import type { ReportData } from "../../src/report/data.ts";
import { renderReport } from "../../src/report/page.ts";

export const START_MS = Date.parse("2026-11-23T10:40:12Z");
const MINUTE_MS = 60_000;

export const FIELDS: MessageField[] = [
  { name: "thing1", label: "商品名称", value: "Tea from the spring harvest" },
  { name: "amount2", label: "订单金额", value: "¥128.00" },
  { name: "time3", label: "发货时间", value: "{{shipped}}" },
  { name: "thing4", label: "温馨提示", value: "Your parcel is on its way" },
];

/** Of a run that sent `perSec` messages a second, a few of them in vain, for `minutes`. */
export function makeRun(
  atMinute: number,
  minutes: number,
  perSec: number,
  more: Partial<KnownRun> = {},
): KnownRun {
  const stepMs = 8000;
  const length = Math.max(1, Math.ceil((minutes * MINUTE_MS) / stepMs));
  const wave = (i: number) => 1 + 0.15 * Math.sin(i / 3) - (i % 17 === 5 ? 0.6 : 0);
  const sent = Array.from({ length }, (_, i) => Math.round(perSec * 8 * Math.min(1, (i + 1) / 4) * wave(i)));
  const others = sent.map((count, i) => Math.round(count * (i % 9 === 4 ? 0.12 : 0.02)));
  const sum = (counts: number[]) => counts.reduce((all, one) => all + one, 0);
  const missed = sum(others);
  const [rejected, unknown] = [Math.floor(missed * 0.7), Math.floor(missed * 0.05)];
  const sinceMs = START_MS + atMinute * MINUTE_MS;
  return {
    ...{ runId: `run-${atMinute}`, host: "web-1", pid: 4711, user: "wang", version: "0.1.0" },
    ...{ sinceMs, untilMs: sinceMs + minutes * MINUTE_MS, elapsedMs: minutes * MINUTE_MS },
    codes: { spent: sum(sent) + rejected + unknown, expired: 212, refused: 31, released: 64 },
    errors: [
      { errcode: 43101, errmsg: "user refuse to accept the msg", count: rejected },
      { errcode: null, errmsg: "connection reset before it answered", count: unknown },
      { errcode: 45009, errmsg: "reach max api daily quota limit", count: 3 },
    ].filter(({ count }) => count > 0),
    outcomes: {
      ...noOutcomes(),
      ...{ sent: sum(sent), rejected, unknown, failed: missed - rejected - unknown },
    },
    ...{ open: 0, alive: false, ended: true, over: true, series: { stepMs, sent, others } },
    ...more,
  };
}

export function makeRecord(more: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    ...{
      id: "order-42",
      firstRunId: "run-0",
      appid: "wx1234567890abcdef",
      apiBase: "https://api.weixin.qq.com",
    },
    channel: "wechat-subscribe",
    message: {
      templateId: "yiMOZZ8xbmJe0Us6IgdYo0fJHqIHCPFXjzHJbNbeK0a",
      title: "订单发货提醒",
      fields: FIELDS,
      page: "pages/order?id={{order}}",
      columns: ["shipped", "order"],
    },
    ...{ audience: "list", users: 60_000, rate: 100, status: "finished", startedAtMs: START_MS },
    ...more,
  };
}

const WORDS: Partial<Record<Outcome, string>> = {
  sent: "the API accepted the message",
  no_code: "no valid consent",
  rejected: "the user can't be messaged",
  failed: "refused for another reason",
  unknown: "may have been delivered",
};

/** Data of a page, as the command would collect it. */
export function makeData(
  record: BroadcastRecord,
  runs: readonly KnownRun[],
  more: Partial<ReportData> = {},
): ReportData {
  const view = viewBroadcast(record, runs);
  return {
    view,
    takenAtMs: START_MS + 9 * 60 * MINUTE_MS,
    timeZone: "Asia/Shanghai (UTC+08:00)",
    version: "0.1.0",
    channel: "WeChat subscribe messages",
    wordsOf: (outcome) => WORDS[outcome] ?? "left out",
    meaningOf: (errcode) =>
      ({ 43101: "the user refuses messages", 45009: "the day's quota of calls is used up" })[errcode],
    remedyOf: (errcode) => (errcode === 45009 ? "resume tomorrow" : undefined),
    spends: "consents",
    settings: [
      ["audience", "listed users: 60,000 users"],
      ["rate", "at most 100/s"],
    ],
    filtered: [],
    missed: { lines: [], total: 0, command: `push-cli broadcast recipients ${record.id}`, isFull: false },
    next: [],
    ...more,
  };
}

/** Three runs: one that was killed, one that stopped by itself, one the next morning. */
export function threeRuns(): KnownRun[] {
  return [
    makeRun(0, 4, 90, { ended: false, over: false }),
    makeRun(5, 3, 95, { stopped: { status: "stopped", message: "too many errors: 20.2% of the last 500" } }),
    makeRun(480, 3, 60, { host: "web-2", pid: 99, user: "li" }),
  ];
}

export { renderReport };
