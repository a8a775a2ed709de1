import type { IncomingHttpHeaders } from "node:http";
import { isOpenId } from "../pool/open-id.ts";
import type { CollectorOptions } from "./options.ts";
import { unauthorized } from "./refusal.ts";
import type { Sessions } from "./session.ts";

/** The user of a request, from the token or the gateway in front, never from the body. Throws 401. */
export type Identify = (headers: IncomingHttpHeaders) => string | Promise<string>;

/** Undefined if there is no way to identify users: then there are no reports. */
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
    // Two such headers are joined by ", ", which can't be part of an openId.
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

/** The slow path, for the rare clients that write the header differently. */
function otherwise(authorization: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization)?.[1];
}
