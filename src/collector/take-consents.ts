import { isTemplateId } from "../pool/template-id.ts";
import type { ConsentReport } from "./consent-report.ts";
import type { Kit } from "./kit.ts";
import type { GrantFate } from "./ports.ts";
import type { ReportKey } from "./report-key.ts";

type ConsentFate = "taken" | "known" | "ignored" | "refused";

/** The answer to the client about a template. */
export interface ConsentAnswer {
  fate: ConsentFate;
  reason?: string;
}

export interface ConsentsAnswer {
  templates: Record<string, ConsentAnswer>;
  taken: number;
}

const ANSWERS: Record<GrantFate, ConsentAnswer> = {
  taken: { fate: "taken" },
  known: { fate: "known" },
  paired: { fate: "known", reason: "paired" },
  over_cap: { fate: "refused", reason: "over_cap" },
  expired: { fate: "refused", reason: "expired" },
};

/**
 * Takes the consents that a user has given in a prompt into the pools: one answer per template, after Redis has
 * acknowledged.
 */
export async function takeConsents(
  kit: Kit,
  openId: string,
  report: ConsentReport,
  keyOf: ReportKey,
): Promise<ConsentsAnswer> {
  const answers = new Map<string, ConsentAnswer>();
  const accepted: string[] = [];
  for (const [id, status] of report.templates) {
    const answer = withoutRedis(id, status, kit.options.consents);
    if (answer === undefined) accepted.push(id);
    else answers.set(id, answer);
  }
  const fates = await grant(kit, openId, accepted, report, keyOf);
  // Now, because a report that gets 503 comes again.
  for (const { fate } of answers.values()) count(kit, fate);
  for (const [i, id] of accepted.entries()) {
    answers.set(id, ANSWERS[fates[i]!]);
    count(kit, fates[i]!);
  }
  const taken = fates.filter((fate) => fate === "taken").length;
  const inOrder = [...report.templates.keys()].map((id) => [id, answers.get(id)!]);
  return { templates: Object.fromEntries(inOrder), taken };
}

/** With the fates that consents of events have. */
function count({ metrics }: Kit, fate: ConsentFate | GrantFate): void {
  metrics.consents.inc({ source: "report", fate });
}

/** Answers that don't need Redis; undefined for a consent. */
function withoutRedis(id: string, status: string, consents: string): ConsentAnswer | undefined {
  // acceptWithAudio, acceptWithAlert, and variants that the platform may add.
  if (!status.startsWith("accept")) return { fate: "ignored", reason: status };
  if (consents === "events") return { fate: "ignored", reason: "events_only" };
  return isTemplateId(id) ? undefined : { fate: "refused", reason: "not_a_template_id" };
}

async function grant(
  { options, askRedis }: Kit,
  openId: string,
  templateIds: string[],
  { report, subscribeId, ageMs }: ConsentReport,
  keyOf: ReportKey,
): Promise<GrantFate[]> {
  if (templateIds.length === 0) return [];
  const key = report ?? subscribeId ?? keyOf(openId, templateIds, ageMs);
  return askRedis(() =>
    options.books.consents.grant({
      openId,
      source: "report",
      key,
      id: subscribeId,
      when: { ageMs },
      templateIds,
    }),
  );
}
