import { isWellFormedId } from "./codes.ts";

/**
 * Whether the platform knows the user. The prefix `invalid_` is reserved for users that it does not know, so that tests and the
 * demo can have some.
 */
export function isUser(openId: unknown): openId is string {
  return typeof openId === "string" && isWellFormedId(openId) && !openId.startsWith("invalid_");
}

/** Whether the account has the template; with no set of them, whether the id is well-formed and does not contain "unknown". */
export function isTemplate(id: unknown, templates?: ReadonlySet<string>): id is string {
  if (typeof id !== "string") return false;
  return templates && templates.size > 0 ? templates.has(id) : isWellFormedId(id) && !id.includes("unknown");
}
