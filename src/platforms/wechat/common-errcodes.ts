import type { Rows } from "../errcode/verdicts.ts";

export const SECRET = "check PUSH_CLI_APPID and PUSH_CLI_APPSECRET against the mini program's console";
export const CONSOLE = "look for the reason in the mini program's console";
const ALLOW_IP = "put this host's IP on the allow list in the mini program's console";
const CONFIRM_IP = "ask the administrator of the account to confirm calls from this host's IP";
const BASE = "check --api-base";
const DAY_QUOTA = "the day's quota is used up; resume the broadcast tomorrow";
const SLOWER = "lower --rate or --concurrency";

/** Codes with the same meaning for all calls, unless a call's own table overrides them; from the vendor's list of global return codes. */
export const COMMON_ROWS: Rows = {
  ok: [[0, "ok"]],
  token: [
    [40001, "access token invalid or not the latest"],
    [40014, "access token invalid"],
    [41001, "access token missing"],
    [42001, "access token expired"],
    [42007, "access token revoked"],
  ],
  later: [[43108, "two messages to one user at the same time"]],
  ambiguous: [
    [-1, "WeChat is busy"],
    [-1000, "WeChat is busy"],
    [61450, "WeChat is busy"],
  ],
  quota: [
    [45011, "the minute's quota of calls is used up", SLOWER],
    [45029, "the minute's quota of calls is used up", SLOWER],
    [45047, "the minute's quota of messages is used up", SLOWER],
  ],
  user_unknown: [
    [
      40003,
      "openId invalid for this mini program",
      "check that appid and pools belong to the same mini program",
    ],
  ],
  fatal: [
    [40002, "grant type invalid", BASE],
    [40013, "appid invalid", SECRET],
    [40125, "AppSecret invalid", SECRET],
    [40164, "this host's IP is not on the allow list", ALLOW_IP],
    [45035, "this host's IP is not on the allow list", ALLOW_IP],
    [61004, "this host's IP is not registered", ALLOW_IP],
    [89501, "this host's IP waits for the administrator's confirmation", CONFIRM_IP],
    [89503, "this host's IP needs the administrator's confirmation", CONFIRM_IP],
    [89506, "the administrator refused this host's IP for 24 hours", CONFIRM_IP],
    [89507, "the administrator refused this host's IP for 1 hour", CONFIRM_IP],
    [40243, "AppSecret frozen", "unfreeze or reset the AppSecret in the mini program's console"],
    [48004, "this API is blocked for the account", CONSOLE],
    [50002, "the account is restricted", CONSOLE],
    [43001, "GET required", BASE],
    [43002, "POST required", BASE],
    [43003, "HTTPS required", "give --api-base with https://"],
    [43106, "the account may not use templates any more", CONSOLE],
    [43107, "messages are blocked for the account or the template", CONSOLE],
    [200011, "the account is blocked", CONSOLE],
    [200013, "the template is blocked", CONSOLE],
    [44002, "message empty", BASE],
    [45009, "the day's quota of calls is used up", DAY_QUOTA],
  ],
};
