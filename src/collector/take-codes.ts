import type { ReportedCode } from "./code-report.ts";
import type { Kit } from "./kit.ts";
import type { CodeFate, CodeReport } from "./ports.ts";

/** The answer to the client about a code. It may forget codes with any fate. */
export interface CodeAnswer {
  formId: string | null;
  fate: "taken" | "known" | "refused";
  reason?: string;
}

export interface CodesAnswer {
  codes: CodeAnswer[];
  taken: number;
  known: number;
  refused: number;
}

const ANSWERS: Record<CodeFate, Omit<CodeAnswer, "formId">> = {
  taken: { fate: "taken" },
  known: { fate: "known" },
  used: { fate: "known", reason: "used" },
  expired: { fate: "refused", reason: "expired" },
  over_cap: { fate: "refused", reason: "over_cap" },
};

/**
 * Takes a user's codes into the pool: one answer per code, in the order of the report, after Redis has acknowledged.
 */
export async function takeCodes(
  { options, metrics, askRedis }: Kit,
  openId: string,
  reported: readonly ReportedCode[],
): Promise<CodesAnswer> {
  const reports: CodeReport[] = [];
  // If a formId is repeated, only the first is sent to Redis.
  const places = new Map<string, number>();
  for (const code of reported) {
    if (!("report" in code) || places.has(code.formId)) continue;
    places.set(code.formId, reports.length);
    reports.push(code.report);
  }
  const fates = reports.length === 0 ? [] : await askRedis(() => options.books.codes.take(openId, reports));
  const codes = reported.map((code) => answerFor(code, places, fates));
  const answer = { codes, taken: 0, known: 0, refused: 0 };
  for (const { fate, reason = "" } of codes) {
    answer[fate]++;
    metrics.codes.inc({ fate, reason });
  }
  return answer;
}

/** Also records that a code which was taken is known from here on. */
function answerFor(code: ReportedCode, places: Map<string, number>, fates: CodeFate[]): CodeAnswer {
  const { formId } = code;
  if ("problem" in code) return { formId, fate: "refused", reason: code.problem };
  const place = places.get(code.formId)!;
  const fate = fates[place]!;
  if (fate === "taken") fates[place] = "known";
  return { formId, ...ANSWERS[fate] };
}
