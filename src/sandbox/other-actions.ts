import { usageError } from "../errors.ts";
import { isObject, parseJson, parseList } from "./json.ts";
import type { Platform } from "./platform.ts";
import type { QqGrant } from "./qq/subscriptions.ts";

/** Their lines on the page at /. */
export const OTHER_INDEX = `  POST /sandbox/followers       {openIds: [...], follows?: false}: who follows the official account, or has left
  POST /sandbox/qq-grants       QQ's subscriptions: a JSON array or NDJSON of {openId, templateId, count? or standing?}
`;

/** Actions for other accounts, by the last part of the path. */
export const OTHER_ACTIONS: Record<string, (platform: Platform, body: string) => unknown> = {
  followers: ({ officialAccount }, body) => {
    const request = parseJson(body);
    if (!isObject(request)) throw usageError("the body is not a JSON object");
    const { openIds, follows = true } = request;
    if (!Array.isArray(openIds) || !openIds.every((openId) => typeof openId === "string"))
      throw usageError("openIds is not a list of texts");
    if (typeof follows !== "boolean") throw usageError("follows is neither true nor false");
    officialAccount.setFollows(openIds, follows);
    return { openIds: openIds.length };
  },
  "qq-grants": ({ qq }, body) => {
    const grants = parseList(body, requireGrant);
    for (const grant of grants) qq.grant(grant);
    return { registered: grants.length };
  },
};

function requireGrant(value: unknown, place: string): QqGrant {
  if (!isObject(value)) throw usageError(`${place} is not a JSON object`);
  const { openId, templateId, count = 1, standing = false } = value;
  if (typeof openId !== "string" || openId === "") throw usageError(`${place}: openId is not a text`);
  if (typeof templateId !== "string" || templateId === "")
    throw usageError(`${place}: templateId is not a text`);
  if (!Number.isSafeInteger(count) || Number(count) < 1)
    throw usageError(`${place}: count is not a whole number above 0`);
  if (typeof standing !== "boolean") throw usageError(`${place}: standing is neither true nor false`);
  return { openId, templateId, count: Number(count), standing };
}
