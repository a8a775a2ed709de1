/**
 * `url` with its password, and whatever looks like one in the query, as ***. Made for broken URLs too, since those are
 * the ones that messages quote: everything up to the last @ counts as user and password.
 */
export function redactUrl(url: string): string {
  return url
    .replace(USER_INFO, hideUserInfo)
    .replace(PASSWORD_WITHOUT_HOST, "$1***")
    .replace(SECRET_PARAMETER, "$1***");
}

/** The same for the URLs in a text; what punctuation follows them is the text's. */
export function redactUrls(text: string): string {
  return text.replace(/[a-z][\w+.-]*:\/\/[^\s"'`<>]*[^\s"'`<>:;,.!?)]/gi, redactUrl);
}

const USER_INFO = /^((?:[a-z][\w+.-]*:\/\/)?)(.*)@/is;
/** redis://:password, or user:password where a host and its port belong. */
const PASSWORD_WITHOUT_HOST = /^((?:[a-z][\w+.-]*:\/\/)(?::|[^:@/?#[]+:(?!\d{1,5}(?:[/,?#]|$))))[^@]+$/is;
const SECRET_PARAMETER = /([?&][^=&#]*(?:pass|auth|token|secret)[^=&#]*=)[^&#]*/gi;

function hideUserInfo(_match: string, scheme: string, userInfo: string): string {
  const colon = userInfo.indexOf(":");
  // A user without a password is, with Redis, nearly always a password in the wrong place.
  return colon < 0 ? `${scheme}***@` : `${scheme}${userInfo.slice(0, colon)}:***@`;
}
