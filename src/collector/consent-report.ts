import { isConsentId } from "../pool/consent.ts";
import { readAge } from "./code-report.ts";
import { isObject } from "./read-json.ts";
import { badRequest } from "./refusal.ts";

/** The result of a prompt, as reported by a client. */
export interface ConsentReport {
  /** Status by template, as returned by the platform's client API. */
  templates: ReadonlyMap<string, string>;
  /** The client's id of the report; undefined if the client sends none. */
  report: string | undefined;
  /** Baidu's subscribe_id of the user's consent. */
  subscribeId: string | undefined;
  ageMs: number;
}

/** A prompt has at most 5. */
const MAX_TEMPLATES = 20;
/** "acceptWithAlert" is the longest. */
const LONGEST_STATUS = 64;
/** Far more than matters: a bound for what is passed to Redis. */
const MAX_AGE_MS = 366 * 86_400_000;

/** The body of a report about a prompt. Throws 400 naming the field. */
export function readConsentReport(body: unknown): ConsentReport {
  if (!isObject(body)) throw badRequest("the body must be a JSON object");
  const { templates, report, subscribeId, ageMs } = body;
  if (!isObject(templates)) throw badRequest("templates must be an object of statuses by template id");
  const entries = Object.entries(templates);
  if (entries.length > MAX_TEMPLATES)
    throw badRequest(`templates has ${entries.length} templates; a report may have ${MAX_TEMPLATES}`);
  for (const [id, status] of entries) {
    if (typeof status !== "string" || status.length > LONGEST_STATUS)
      throw badRequest(`templates["${id.slice(0, LONGEST_STATUS)}"] must be a status such as "accept"`);
  }
  return {
    templates: new Map(entries as [string, string][]),
    report: readReportId(report),
    subscribeId: readSubscribeId(subscribeId),
    ageMs: readAge(ageMs, "ageMs", MAX_AGE_MS),
  };
}

function readSubscribeId(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id !== "string" || !isConsentId(id))
    throw badRequest('subscribeId must have 1 to 128 visible ASCII characters other than " and \\');
  return id;
}

function readReportId(report: unknown): string | undefined {
  if (report === undefined || report === null) return undefined;
  if (typeof report !== "string" || !/^[\w-]{1,64}$/.test(report))
    throw badRequest("report must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -");
  return report;
}
