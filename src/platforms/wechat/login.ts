import type { CollectorAccount } from "../errcode/account.ts";
import { createLogin, type Login } from "../errcode/login.ts";
import { makeTable } from "../errcode/verdicts.ts";
import { COMMON_ROWS, SECRET } from "./common-errcodes.ts";
import { PATHS } from "./wire.ts";

/** For jscode2session, from the vendor's page on code2Session and its list of global return codes. */
const CODE2SESSION = makeTable([
  COMMON_ROWS,
  {
    permission_refused: [
      [40029, "the login code is invalid or too old"],
      [40163, "the login code has been used"],
      [41008, "the login code is missing"],
      [40226, "WeChat blocks the login of this user for high risk"],
    ],
    quota: [[45009, "the day's quota of calls is used up"]],
    fatal: [
      [40001, "AppSecret wrong", SECRET],
      [41002, "appid missing", SECRET],
      [41004, "AppSecret missing", SECRET],
    ],
  },
]);

/** Throws a `config` error for an invalid API address. */
export function openWechatLogin(account: CollectorAccount): Login {
  return createLogin(account, { platform: "WeChat", path: PATHS.jscode2session, table: CODE2SESSION });
}
