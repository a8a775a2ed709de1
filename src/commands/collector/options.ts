import { parseCount, parseDuration } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import { isTemplateId } from "../../pool/template-id.ts";
import type { CollectorNeeds } from "../deps.ts";
import { isPrivate, parseListen } from "./listen.ts";

export interface StartFlags {
  listen: string;
  consents: "both" | "events" | "reports";
  trustOpenidHeader?: string;
  behindGateway?: true;
  cloudHosting?: true;
  forward?: string;
  codesPerUser: string;
  requestsPerMinute: string;
  longTerm?: string;
  sessionLife: string;
  fullOpenids?: true;
}

/** A stolen session that hardly ever ends would be as good as no session. */
const MAX_SESSION = "31d";
const MIN_SESSION_MS = 60_000;
/** Beside that, a pool's step would take Redis too long. */
const MAX_CODES = 1000;
const MAX_REQUESTS = 100_000;

/** What the command line asks of a collector. Throws a usage error. */
export function parseStart(flags: StartFlags): CollectorNeeds {
  const { trustOpenidHeader, forward, longTerm } = flags;
  const needs: CollectorNeeds = {
    listen: parseListen(flags.listen),
    consents: flags.consents,
    cloudHosting: flags.cloudHosting === true,
    codesPerUser: parseCount(flags.codesPerUser, { name: "--codes-per-user", min: 1, max: MAX_CODES }),
    requestsPerMinute: parseCount(flags.requestsPerMinute, {
      name: "--requests-per-minute",
      min: 1,
      max: MAX_REQUESTS,
    }),
    standing: longTerm === undefined ? [] : parseTemplates(longTerm),
    sessionLifeMs: parseSessionLife(flags.sessionLife),
    fullOpenIds: flags.fullOpenids === true,
    ...(trustOpenidHeader !== undefined && { trustHeader: parseHeaderName(trustOpenidHeader) }),
    ...(forward !== undefined && { forward: parseForward(forward) }),
  };
  if (flags.behindGateway !== true) checkTrust(needs);
  return needs;
}

/** What a request says of itself counts only where a gateway alone can send one. */
function checkTrust({ listen, trustHeader, cloudHosting }: CollectorNeeds): void {
  if (isPrivate(listen)) return;
  const hint =
    "listen on 127.0.0.1 or a Unix socket, or add --behind-gateway if only the gateway can reach this address";
  if (trustHeader !== undefined) {
    throw usageError(
      "--trust-openid-header: any client that reaches this address could impersonate any user by sending that header",
      hint,
    );
  }
  if (cloudHosting) {
    throw usageError(
      "--cloud-hosting: any client that reaches this address could push events, because they are not signed",
      hint,
    );
  }
}

/** RFC 9110, 5.6.2. */
function parseHeaderName(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text.toLowerCase();
  throw usageError(`--trust-openid-header: "${text}" is not a header name`, "such as X-WX-OPENID");
}

function parseForward(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash) return text;
  throw usageError(
    "--forward: must be an http or https URL without user or fragment",
    "such as http://127.0.0.1:3000/wechat/callback",
  );
}

function parseTemplates(text: string): string[] {
  const ids = text.split(",").map((id) => id.trim());
  const wrong = ids.find((id) => !isTemplateId(id));
  if (wrong === undefined) return [...new Set(ids)];
  throw usageError(`--long-term: "${wrong}" is not a template id`, "separate ids with commas");
}

function parseSessionLife(text: string): number {
  const ms = parseDuration(text, "--session-life");
  if (ms >= MIN_SESSION_MS && ms <= parseDuration(MAX_SESSION)) return ms;
  throw usageError(`--session-life: "${text}" is out of range`, `from 1m to ${MAX_SESSION}`);
}
