import { answerCallback, answerUrlCheck } from "./callback.ts";
import { readCodeReport } from "./code-report.ts";
import { readConsentReport } from "./consent-report.ts";
import { type Exchange, jsonAnswer, type Route } from "./exchange.ts";
import type { Identify } from "./identify.ts";
import type { Kit } from "./kit.ts";
import { makeLogin } from "./login.ts";
import type { CallbackReader } from "./ports.ts";
import { limitRate } from "./rate.ts";
import { readJson } from "./read-json.ts";
import { RequestRefused } from "./refusal.ts";
import { makeReportKeys } from "./report-key.ts";
import type { Sessions } from "./session.ts";
import { takeCodes } from "./take-codes.ts";
import { takeConsents } from "./take-consents.ts";

/** `/codes` and `/consents`, for identified users: identity and rate limit are checked first. */
export function reportRoutes(kit: Kit, identify: Identify): Route[] {
  const { options, limits } = kit;
  const count = limitRate(limits.requestsPerMinute, options.clock);
  const keyOf = makeReportKeys(options.clock);
  const enter = ({ notes }: Exchange, openId: string) => {
    notes.openId = openId;
    count(openId);
  };
  const admit = (exchange: Exchange) => {
    const openId = identify(exchange.headers);
    if (typeof openId === "string") return enter(exchange, openId);
    return openId.then((found) => enter(exchange, found));
  };
  const codes: Route["answer"] = async ({ notes }, body) => {
    const openId = notes.openId!;
    const read = { mostCodes: limits.codesPerReport, nowMs: options.clock.now() };
    const report = readCodeReport(readJson(body), read);
    if (report.openId !== undefined && report.openId !== openId)
      throw new RequestRefused(403, "wrong_user", "the openId of the body is not that of the session");
    const answer = await takeCodes(kit, openId, report.codes);
    const { taken, known, refused } = answer;
    notes.counts = { taken, known, refused };
    return jsonAnswer(answer);
  };
  const consents: Route["answer"] = async ({ notes }, body) => {
    const report = readConsentReport(readJson(body));
    const answer = await takeConsents(kit, notes.openId!, report, keyOf);
    notes.counts = { templates: report.templates.size, taken: answer.taken };
    return jsonAnswer(answer);
  };
  return [
    { method: "POST", path: "/codes", isJson: true, admit, answer: codes },
    { method: "POST", path: "/consents", isJson: true, admit, answer: consents },
  ];
}

export function loginRoutes(kit: Kit, sessions: Sessions): Route[] {
  const { platform, session } = kit.options;
  if (platform === undefined || session === undefined) return [];
  const login = makeLogin(kit, platform, sessions, session.lifeMs);
  const answer: Route["answer"] = async (_exchange, body) => jsonAnswer(await login(readJson(body)));
  return [{ method: "POST", path: "/login", isJson: true, answer }];
}

export function callbackRoutes(kit: Kit, reader: CallbackReader): Route[] {
  return [
    {
      method: "GET",
      path: "/callback",
      answer: (exchange) => textAnswer(answerUrlCheck(kit, reader, exchange)),
    },
    {
      method: "POST",
      path: "/callback",
      answer: (exchange, body) => answerCallback(kit, reader, exchange, body),
    },
  ];
}

/** For operators: users don't need these, and the proxy in front should not pass them on. */
export function watchRoutes({ options, metrics, askRedis }: Kit): Route[] {
  const isUp = () =>
    askRedis(() => options.books.ping()).then(
      () => true,
      () => false,
    );
  const health: Route["answer"] = async () => {
    if (await isUp()) return jsonAnswer({ status: "ok" });
    return jsonAnswer({ status: "redis_unavailable" }, 503, { "retry-after": "5" });
  };
  const tell: Route["answer"] = async () => {
    await isUp();
    return { status: 200, contentType: metrics.contentType, body: await metrics.render() };
  };
  return [
    { method: "GET", path: "/healthz", answer: health },
    { method: "GET", path: "/metrics", answer: tell },
  ];
}

function textAnswer(text: string) {
  return { status: 200, contentType: "text/plain; charset=utf-8", body: text };
}
