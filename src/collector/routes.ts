import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerCallback, answerUrlCheck } from "./callback.ts";
import { readCodeReport } from "./code-report.ts";
import { readConsentReport } from "./consent-report.ts";
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

/** `/codes` and `/consents`, of users that are known: who it is and whether he asks too often is found out first. */
export function addReports(server: FastifyInstance, kit: Kit, identify: Identify): void {
  const { options, limits } = kit;
  const count = limitRate(limits.requestsPerMinute, options.clock);
  const keyOf = makeReportKeys(options.clock);
  takeJson(server);
  const onRequest = async (request: FastifyRequest) => {
    const openId = await identify(request.headers);
    request.notes.openId = openId;
    count(openId);
  };
  server.post("/codes", { onRequest }, async (request) => {
    const openId = request.notes.openId!;
    const read = { mostCodes: limits.codesPerReport, nowMs: options.clock.now() };
    const report = readCodeReport(request.body, read);
    if (report.openId !== undefined && report.openId !== openId)
      throw new RequestRefused(403, "wrong_user", "the openId of the body is not that of the session");
    const answer = await takeCodes(kit, openId, report.codes);
    const { taken, known, refused } = answer;
    request.notes.counts = { taken, known, refused };
    return answer;
  });
  server.post("/consents", { onRequest }, async (request) => {
    const report = readConsentReport(request.body);
    const answer = await takeConsents(kit, request.notes.openId!, report, keyOf);
    request.notes.counts = { templates: report.templates.size, taken: answer.taken };
    return answer;
  });
}

export function addLogin(server: FastifyInstance, kit: Kit, sessions: Sessions): void {
  const { platform, session } = kit.options;
  if (platform === undefined || session === undefined) return;
  const login = makeLogin(kit, platform, sessions, session.lifeMs);
  takeJson(server);
  server.post("/login", (request) => login(request.body));
}

export function addCallback(server: FastifyInstance, kit: Kit, reader: CallbackReader): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.get("/callback", async (request, reply) => sendText(reply, answerUrlCheck(kit, reader, request)));
  server.post("/callback", async (request, reply) => {
    const { status, contentType, body } = await answerCallback(kit, reader, request);
    return reply.code(status).type(contentType).send(body);
  });
}

/** For those who run it: no user needs these, and the proxy in front should not hand them on. */
export function addWatch(server: FastifyInstance, { options, metrics, askRedis }: Kit): void {
  const isUp = () =>
    askRedis(() => options.books.ping()).then(
      () => true,
      () => false,
    );
  server.get("/healthz", async (_request, reply) => {
    if (await isUp()) return { status: "ok" };
    return reply.code(503).header("retry-after", "5").send({ status: "redis_unavailable" });
  });
  server.get("/metrics", async (_request, reply) => {
    await isUp();
    return reply.type(metrics.contentType).send(await metrics.render());
  });
}

function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type("text/plain; charset=utf-8").send(text);
}

/** In the place of the framework's own reader: ours checks depth, names and UTF-8. */
function takeJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, readJson(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}
