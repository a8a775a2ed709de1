import { PushCliError, usageError } from "../errors.ts";
import { sendJson, sendText } from "./answers.ts";
import { requireSubscription } from "./baidu/service.ts";
import { parseFault, renderFault } from "./faults.ts";
import { INBOX_SIZE } from "./inbox.ts";
import { parseJson, parseList } from "./json.ts";
import type { SandboxCode } from "./options.ts";
import { OTHER_ACTIONS, OTHER_INDEX } from "./other-actions.ts";
import { parseOutage } from "./outage.ts";
import type { Platform } from "./platform.ts";
import { requireCount, requireObject, requireString } from "./require.ts";
import type { HttpRequest, Reply } from "./server.ts";
import { pathOf, queryValue } from "./target.ts";
import { CONSENT_ACTIONS, CONSENT_INDEX } from "./wechat/control-actions.ts";

export const CONTROL_PREFIX = "/sandbox/";

/** The page at /. */
export const INDEX = `push-cli sandbox: a simulator of the APIs on this machine.

The APIs
  GET  /cgi-bin/token           WeChat
  POST /cgi-bin/stable_token
  POST /cgi-bin/message/wxopen/template/send
  POST /cgi-bin/message/subscribe/send
  POST /cgi-bin/message/template/send
  GET  /wxaapi/newtmpl/gettemplate
  POST /cgi-bin/openapi/quota/get
  GET  /sns/jscode2session
  POST /oauth/2.0/token         Baidu: tokens
  POST /rest/2.0/smartapp/template/send
  POST /rest/2.0/smartapp/template/message/subscribe/send
  GET  /api/getToken            QQ
  POST /api/json/template/send
  POST /api/json/subscribe/SendSubscriptionMessage
  POST /gateway.do              Alipay: alipay.open.app.mini.templatemessage.send

The sandbox itself
  GET  /sandbox/stats           what was delivered, answered and broken so far; ?users=0 without the users
  GET  /sandbox/messages        what users got, the newest first; ?openId=... of one user, ?limit=20 (1,000 are kept)
  GET  /sandbox/alipay-keys     the application's private key and Alipay's public key, one line of base64 each
  POST /sandbox/codes           issue push codes: a JSON array or NDJSON of {openId, formId, expire, uses?, scene?}, up to 1 MiB
${CONSENT_INDEX}${OTHER_INDEX}  POST /sandbox/subscriptions   register Baidu's subscriptions: a JSON array or NDJSON of {openId, templateId, subscribeId}
  POST /sandbox/faults          set the faults: a JSON array such as ["busy:5", "reset-after:0.5"]; [] for none
  POST /sandbox/outage          let the API be down: a JSON string such as "100:5s:reset", see push-cli sandbox --help; null ends it
  POST /sandbox/expire-tokens   expire every access token
  POST /sandbox/reset           everything as at the start
`;

type Action = (platform: Platform, body: string) => unknown;

/** The views under /sandbox/. */
const VIEWS: Record<string, (platform: Platform, url: string) => unknown> = {
  stats: (platform, url) => (queryValue(url, "users") === "0" ? platform.summary() : platform.stats()),
  messages: ({ inbox }, url) => inbox.list({ openId: queryValue(url, "openId"), limit: readLimit(url) }),
  "alipay-keys": ({ alipayKeys }) => alipayKeys.handOut(),
};

const ACTIONS: Record<string, Action> = {
  ...CONSENT_ACTIONS,
  ...OTHER_ACTIONS,
  codes: (platform, body) => {
    const codes = parseList(body, requireCode);
    platform.codes.register(codes);
    return { registered: codes.length };
  },
  subscriptions: ({ baidu }, body) => {
    const subscriptions = parseList(body, requireSubscription);
    baidu.subscribe(subscriptions);
    return { registered: subscriptions.length };
  },
  faults: (platform, body) => {
    const faults = parseFaultList(body);
    platform.dice.setFaults(faults);
    return { faults: faults.map(renderFault) };
  },
  outage: (platform, body) => {
    const text = parseJson(body);
    if (text !== null && typeof text !== "string")
      throw usageError("the outage is not a JSON string", 'send e.g. "100:5s:reset"');
    platform.outage.set(text === null ? undefined : parseOutage(text));
    return { outage: text };
  },
  "expire-tokens": (platform) => {
    platform.tokens.expireAll();
    return { ok: true };
  },
  reset: (platform) => {
    platform.reset();
    return { ok: true };
  },
};

/** Handles requests under /sandbox/: 400 with a reason for an invalid body. */
export function answerControl(platform: Platform, request: HttpRequest, reply: Reply): void {
  const { method, url, body } = request;
  const name = pathOf(url).slice(CONTROL_PREFIX.length);
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  if (!view && !action) sendText(reply, 404, "not found; see /\n");
  else if (method !== (view ? "GET" : "POST")) sendText(reply, 405, "wrong method; see /\n");
  else if (view) void answerWith(() => view(platform, url), reply);
  else if (action) void answerWith(() => action(platform, body), reply);
}

function readLimit(url: string): number {
  const text = queryValue(url, "limit") ?? String(INBOX_SIZE);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageError(`the limit "${text}" is not a whole number`, "such as ?limit=20");
}

async function answerWith(act: () => unknown, reply: Reply): Promise<void> {
  try {
    const done = act();
    // Most are done at once, so that later requests on the connection see their effect.
    sendJson(reply, JSON.stringify(done instanceof Promise ? await done : done));
  } catch (error) {
    if (!(error instanceof PushCliError)) throw error;
    const text = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
    sendJson(reply, JSON.stringify({ error: text }), 400);
  }
}

function parseFaultList(body: string) {
  const list = parseJson(body);
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list.map(parseFault);
  throw usageError("the faults are not a JSON array of strings", 'send e.g. ["busy:5"]');
}

function requireCode(value: unknown, place: string): SandboxCode {
  const code = requireObject(value, place);
  const openId = requireString(code, "openId", place);
  const formId = requireString(code, "formId", place);
  const uses = requireCount(code, "uses", place);
  const { expire, scene } = code;
  if (typeof expire !== "number") throw usageError(`${place}: expire is not a number (epoch ms)`);
  if (scene !== undefined && scene !== 1 && scene !== 2 && scene !== 3)
    throw usageError(`${place}: scene is not 1, 2 or 3`);
  return { openId, formId, expire, uses, ...(scene === undefined ? {} : { scene }) };
}
