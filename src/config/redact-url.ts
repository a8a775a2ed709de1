/**
 * `url` with its password, and anything in the query that looks like one, as ***. Works for malformed URLs too,
 * because messages quote exactly those: everything up to the last @ counts as user and password.
 */
export function redactUrl(url: string): string {
  return url
    .replace(USER_INFO, hideUserInfo)
    .replace(PASSWORD_WITHOUT_HOST, "$1***")
    .replace(SECRET_PARAMETER, "$1***");
}

/** The same for the URLs in a text; punctuation after them belongs to the text. */
export function redactUrls(text: string): string {
  return text.replace(/[a-z][\w+.-]*:\/\/[^\s"'`<>]*[^\s"'`<>:;,.!?)]/gi, redactUrl);
}

const USER_INFO = /^((?:[a-z][\w+.-]*:\/\/)?)(.*)@/is;
/** redis://:password, or user:password in the place of host and port. */
const PASSWORD_WITHOUT_HOST = /^((?:[a-z][\w+.-]*:\/\/)(?::|[^:@/?#[]+:(?!\d{1,5}(?:[/,?#]|$))))[^@]+$/is;
const SECRET_PARAMETER = /([?&][^=&#]*(?:pass|auth|token|secret)[^=&#]*=)[^&#]*/gi;

function hideUserInfo(_match: string, scheme: string, userInfo: string): string {
  const colon = userInfo.indexOf(":");
  // With Redis, a user without a password is nearly always a password in the wrong place.
  return colon < 0 ? `${scheme}***@` : `${scheme}${userInfo.slice(0, colon)}:***@`;
}
