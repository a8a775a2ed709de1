import { idsOf } from "../errcode/ids.ts";

/**
 * OpenIds have 28 characters, as in all of the vendor's examples; template ids are 32 bytes in base64url, 43 characters, as in
 * those of subscribe_msg_popup_event.
 */
export const WECHAT_IDS = idsOf({
  name: "WeChat",
  host: /(^|\.)api2?\.weixin\.qq\.com\.?$/,
  template: { fits: /^[\w-]{43}$/, form: "43 letters, digits, _ and -" },
  user: { fits: /^[\w-]{28}$/, form: "28 letters, digits, _ and -" },
});
