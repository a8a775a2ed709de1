/** The text of WeChat's error 40164: `invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist`. */
const ADDRESS = /\binvalid ip:? ?((?:\d{1,3}\.){3}\d{1,3}|[\da-f:]*:[\da-f:]+)/i;

/** Adds to a hint about this host's address the address that the platform saw, if it says so. */
export function nameOwnAddress(hint: string | undefined, errmsg: string): string | undefined {
  const address = ADDRESS.exec(errmsg)?.[1];
  return address === undefined ? hint : hint?.replace("this host's IP", `this host's IP, ${address},`);
}
