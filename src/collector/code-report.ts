import { formIdFault } from "../pool/check-value.ts";
import { timeToMs } from "../pool/times.ts";
import type { CodeReport } from "./ports.ts";
import { isObject, parseJson } from "./read-json.ts";
import { badRequest, RequestRefused } from "./refusal.ts";

/** Why a reported text is not a code. `mock`: from the developer tools; `failed`: the client got none. */
type FormIdProblem = "mock" | "failed" | "not_a_form_id";

/** A reported code: it goes to the pool, or is garbage. */
export type ReportedCode =
  | { formId: string; report: CodeReport }
  /** `formId`: null if it is not even a string. */
  | { formId: string | null; problem: FormIdProblem };

interface ReadOptions {
  mostCodes: number;
  nowMs: number;
}

const DAY_MS = 86_400_000;
/** The platform lets a code live for 7 days. */
const LIFE_MS = 7 * DAY_MS;

/**
 * The body of a report: `{codes: [{formId, ageMs?, expire?, scene?}]}`, or the older `{openId, formIds}` whose list may be
 * JSON in a string. Throws 400 naming the field.
 */
export function readCodeReport(
  body: unknown,
  options: ReadOptions,
): { openId?: string; codes: ReportedCode[] } {
  if (!isObject(body)) throw badRequest("the body must be a JSON object");
  const [field, list] = readList(body);
  if (list.length > options.mostCodes)
    throw new RequestRefused(
      400,
      "too_many_codes",
      `${field} has ${list.length} codes; a report may have ${options.mostCodes}`,
    );
  const codes = list.map((item, i) => readCode(item, `${field}[${i}]`, options.nowMs));
  const { openId } = body;
  if (openId === undefined || openId === null) return { codes };
  if (typeof openId !== "string") throw badRequest("openId must be a string");
  return { openId, codes };
}

function readList(body: Record<string, unknown>): [field: string, list: unknown[]] {
  const { codes, formIds } = body;
  if (codes !== undefined && formIds !== undefined)
    throw badRequest("the body must have either codes or formIds");
  if (codes !== undefined) return ["codes", asList(codes, "codes")];
  if (formIds === undefined) throw badRequest("the body has no codes");
  const list = typeof formIds === "string" ? parseJson(formIds, "formIds") : formIds;
  return ["formIds", asList(list, "formIds")];
}

function asList(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw badRequest(`${field} must be an array`);
  return value;
}

function readCode(item: unknown, field: string, nowMs: number): ReportedCode {
  if (!isObject(item)) throw badRequest(`${field} must be an object`);
  const { formId, ageMs, expire, scene } = item;
  const problem = formIdProblem(formId);
  if (problem) return { formId: typeof formId === "string" ? formId : null, problem };
  const report: CodeReport = {
    formId: formId as string,
    ageMs: readAge(ageMs, `${field}.ageMs`),
    notAfterMs: readExpiry(expire, `${field}.expire`, nowMs),
    ...readScene(scene, `${field}.scene`),
  };
  return { formId: report.formId, report };
}

/** How many messages a Baidu payment is good for. Source: the vendor's page on template/send. */
const PAYMENT_USES = 3;

/** Baidu's kinds of events; for a form it is absent, or 1. */
function readScene(scene: unknown, field: string): Pick<CodeReport, "uses" | "scene"> {
  if (scene === undefined || scene === null || scene === 1) return {};
  if (scene !== 2 && scene !== 3) throw badRequest(`${field} must be 1, 2 or 3`);
  return { uses: PAYMENT_USES, scene };
}

/** Distinguished by kind, so that a developer sees what was collected instead of codes. */
function formIdProblem(formId: unknown): FormIdProblem | undefined {
  if (typeof formId !== "string") return "not_a_form_id";
  if (/formId is a mock one/i.test(formId)) return "mock";
  if (/requestFormId:\s*fail/i.test(formId)) return "failed";
  return formIdFault(formId) === undefined ? undefined : "not_a_form_id";
}

/**
 * Whole ms from 0 (for a clock that was set back) to the lifetime of a code; a higher age makes no difference. null, which
 * JSON.stringify makes of NaN, counts as absent.
 */
export function readAge(value: unknown, field: string, mostMs = LIFE_MS): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw badRequest(`${field} must be a number of milliseconds`);
  return Math.min(Math.max(0, Math.floor(value)), mostMs);
}

/** An expiry that is past by more than the lifetime of a code comes from a wrong clock: clients drop codes before. */
function readExpiry(value: unknown, field: string, nowMs: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  const digits = typeof value === "string" && /^\d{10,19}$/.test(value) ? Number(value) : value;
  const expireMs = typeof digits === "number" ? timeToMs(digits) : undefined;
  if (expireMs === undefined) throw badRequest(`${field} must be a time in epoch milliseconds or seconds`);
  return expireMs < nowMs - LIFE_MS ? undefined : expireMs;
}
