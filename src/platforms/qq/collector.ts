import type { CollectorModule } from "../errcode/account.ts";
import { createLogin } from "../errcode/login.ts";
import { PATHS } from "./account.ts";
import { LOGIN } from "./errcodes.ts";

/** QQ's part of a collector: the platform pushes no events about messages. */
export const qqCollector: CollectorModule = {
  open: (account) => createLogin(account, { platform: "QQ", path: PATHS.jscode2session, table: LOGIN }),
};
