import type { IncomingHttpHeaders } from "node:http";
import { isOpenId } from "../pool/open-id.ts";
import type { CollectorOptions } from "./options.ts";
import { unauthorized } from "./refusal.ts";
import type { Sessions } from "./session.ts";

/** Whose request it is: whoever the token, or the gateway in front, says; never what a body says. Throws 401. */
export type Identify = (headers: IncomingHttpHeaders) => string | Promise<string>;

/** Undefined where nothing can tell: then there are no reports. */
export function identifyBy(
  { trustHeader }: Pick<CollectorOptions, "trustHeader">,
  sessions: Sessions | undefined,
): Identify | undefined {
  if (trustHeader !== undefined) return byHeader(trustHeader);
  return sessions && byToken(sessions);
}

function byHeader(name: string): Identify {
  const field = name.toLowerCase();
  return (headers) => {
    const openId = headers[field];
    // Two such headers are joined by ", ", which no openId holds.
    if (typeof openId !== "string" || !isOpenId(openId))
      throw unauthorized(`the header ${name} does not hold an openId`);
    return openId;
  };
}

function byToken(sessions: Sessions): Identify {
  return ({ authorization = "" }) => {
    const token = authorization.startsWith("Bearer ") ? authorization.slice(7) : otherwise(authorization);
    if (token === undefined) throw unauthorized("a session token is needed: Authorization: Bearer <token>");
    return sessions.verify(token);
  };
}

/** As few clients write it. */
function otherwise(authorization: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization)?.[1];
}
