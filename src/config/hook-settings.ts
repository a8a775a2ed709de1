import { HOOK_URL_HINT, hookUrlProblem, NOTIFY_FORMATS, redactHookUrl } from "./hook-url.ts";
import type { Setting } from "./setting.ts";
import { notOneOf } from "./value-checks.ts";

/** Whom to tell how a command ended. No command takes them all, so their options are not those of every command. */
export const HOOKS = {
  notifyUrl: {
    env: "PUSH_CLI_NOTIFY_URL",
    what: "Webhook to post the result of each broadcast to",
    problem: hookUrlProblem,
    hint: HOOK_URL_HINT,
    redact: redactHookUrl,
  },
  notifyFormat: {
    env: "PUSH_CLI_NOTIFY_FORMAT",
    what: "What is posted: json, or a message for wecom, dingtalk, feishu or slack (default: by the webhook's host)",
    choices: NOTIFY_FORMATS,
    problem: notOneOf(NOTIFY_FORMATS, "is not a format of notifications"),
    hint: `one of ${NOTIFY_FORMATS.join(", ")}`,
  },
  purgePingUrl: {
    env: "PUSH_CLI_PURGE_PING_URL",
    what: "URL to request after each complete purge, for a dead man's switch",
    problem: hookUrlProblem,
    hint: HOOK_URL_HINT,
    redact: redactHookUrl,
  },
} as const satisfies Record<string, Setting>;
