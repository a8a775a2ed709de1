import { usageError } from "../errors.ts";
import { parseJson, parseList } from "./json.ts";
import type { Platform } from "./platform.ts";
import type { QqGrant } from "./qq/subscriptions.ts";
import { requireCount, requireObject, requireString, requireStrings } from "./require.ts";

/** Their lines on the page at /. */
export const OTHER_INDEX = `  POST /sandbox/followers       {openIds: [...], follows?: false}: who follows the official account, or has left
  POST /sandbox/qq-grants       QQ's subscriptions: a JSON array or NDJSON of {openId, templateId, count? or standing?}
`;

/** Actions for other accounts, by the last part of the path. */
export const OTHER_ACTIONS: Record<string, (platform: Platform, body: string) => unknown> = {
  followers: ({ officialAccount }, body) => {
    const request = requireObject(parseJson(body));
    const openIds = requireStrings(request, "openIds");
    const { follows = true } = request;
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
  const grant = requireObject(value, place);
  const openId = requireString(grant, "openId", place);
  const templateId = requireString(grant, "templateId", place);
  const count = requireCount(grant, "count", place);
  const { standing = false } = grant;
  if (typeof standing !== "boolean") throw usageError(`${place}: standing is neither true nor false`);
  return { openId, templateId, count, standing };
}
