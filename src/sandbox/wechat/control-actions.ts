import { usageError } from "../../errors.ts";
import { nextMsgid } from "../answers.ts";
import { isObject, parseJson, parseList } from "../json.ts";
import type { Platform } from "../platform.ts";
import { requireCount, requireObject, requireString, requireStrings, requireUser } from "../require.ts";
import { parseCallback } from "./callback-options.ts";
import type { SandboxConsent } from "./consents.ts";
import { DAY_LIMITS, type DayLimits } from "./day-quotas.ts";
import { parseTemplates } from "./templates.ts";

/** Their lines on the page at /. */
export const CONSENT_INDEX = `  POST /sandbox/consents        register consents: a JSON array or NDJSON of {openId, templateId, count?}
  POST /sandbox/prompt          a user answers the prompt: {openId, templates: {<id>: "accept" or "reject"}, silent?}
  POST /sandbox/withdraw        a user refuses templates in the settings: {openId, templateIds: [...]}
  POST /sandbox/message         what else is pushed of a user: {openId, text} writes to the account, {openId, event} is an event
  POST /sandbox/redeliver       post the last event again, word for word
  POST /sandbox/login           a user opens the mini program, {openId}: a code for jscode2session
  POST /sandbox/templates       replace the account's templates: a JSON array as gettemplate lists them
  POST /sandbox/callback        post events to {url, token?, format?, aesKey?, delayMs?, ...}; null for nowhere
  POST /sandbox/verify          ask the callback to echo, as the platform does before it takes an address
  POST /sandbox/quotas          set calls a day: {subscribeSend?, getTemplate?, templateSend?}
`;

type Action = (platform: Platform, body: string) => unknown;

/** Actions for subscribe messages, by the last part of the path. */
export const CONSENT_ACTIONS: Record<string, Action> = {
  consents: ({ subscriptions }, body) => {
    const consents = parseList(body, requireConsent);
    for (const consent of consents) requireKnown(subscriptions.templates, [consent.templateId]);
    for (const consent of consents) subscriptions.consents.grant(consent);
    return { registered: consents.length };
  },
  prompt: ({ subscriptions }, body) => {
    const { openId, templates, silent = false } = requireUser(body);
    const choices = requireChoices(templates);
    requireKnown(subscriptions.templates, Object.keys(choices));
    subscriptions.answerPrompt(openId, choices, silent === true);
    // The result as the mini program receives it.
    return { errMsg: "requestSubscribeMessage:ok", ...choices };
  },
  withdraw: ({ subscriptions }, body) => {
    const request = requireUser(body);
    const templateIds = requireStrings(request, "templateIds");
    requireKnown(subscriptions.templates, templateIds);
    subscriptions.withdraw(request.openId, templateIds);
    return { withdrawn: templateIds.length };
  },
  message: ({ subscriptions }, body) => {
    const { openId, text, event } = requireUser(body);
    if (typeof text === "string") subscriptions.events.addOther(openId, { text, msgid: nextMsgid() });
    else if (typeof event === "string") subscriptions.events.addOther(openId, { event });
    else throw usageError("the message has neither text nor event");
    return { ok: true };
  },
  redeliver: ({ subscriptions }) => ({ redelivered: subscriptions.events.redeliver() }),
  login: ({ logins }, body) => ({ code: logins.issue(requireUser(body).openId) }),
  templates: ({ subscriptions }, body) => {
    const templates = parseTemplates(parseJson(body));
    subscriptions.templates.replace(templates);
    return { templates: templates.length };
  },
  callback: ({ subscriptions }, body) => {
    const callback = parseCallback(parseJson(body));
    subscriptions.events.set(callback);
    return { callback: callback?.url ?? null };
  },
  verify: async ({ subscriptions }) => ({ verified: await subscriptions.events.verify() }),
  quotas: ({ quotas }, body) => {
    const limits = requireLimits(parseJson(body));
    quotas.setLimits(limits);
    return limits;
  },
};

function requireConsent(value: unknown, place: string): SandboxConsent {
  const consent = requireObject(value, place);
  return {
    openId: requireString(consent, "openId", place),
    templateId: requireString(consent, "templateId", place),
    count: requireCount(consent, "count", place),
  };
}

/** Clients return accept, reject, ban and filter; older ones variants of accept. */
function requireChoices(templates: unknown): Record<string, string> {
  const isChoice = (value: unknown) =>
    typeof value === "string" && /^(accept\w*|reject|ban|filter)$/.test(value);
  if (isObject(templates) && Object.values(templates).every(isChoice))
    return templates as Record<string, string>;
  throw usageError('templates is not {<id>: "accept", "reject", "ban" or "filter"}');
}

/** A consent to a template that is not in the account is a typing error. */
function requireKnown(templates: Platform["subscriptions"]["templates"], ids: readonly string[]): void {
  const unknown = ids.find((id) => templates.find(id) === undefined);
  if (unknown === undefined) return;
  throw usageError(
    `"${unknown}" is no template of the account to send messages of`,
    "gettemplate lists them, POST /sandbox/templates replaces them",
  );
}

function requireLimits(value: unknown): Partial<DayLimits> {
  const isLimit = ([name, limit]: [string, unknown]) =>
    Object.hasOwn(DAY_LIMITS, name) && Number.isSafeInteger(limit) && Number(limit) >= 0;
  if (isObject(value) && Object.entries(value).every(isLimit)) return value;
  throw usageError(`the quotas are not numbers of ${Object.keys(DAY_LIMITS).join(", ")}`);
}
