import { callApi, type MiniProgramApi, type SubscriptionsSetting } from "./api.ts";
import { explainFailure, explainStatus } from "./explain.ts";

/** What became of the templates that were asked for: each is in one of the three. */
export interface ConsentResult {
  accepted: string[];
  /** `status`: the platform's word for it, or `not_asked` or `missing`. */
  refused: { templateId: string; status: string; why: string }[];
  /** Prompts that were not shown, or whose result is not known. `code`: the platform's errCode, or a word. */
  failed: { templateIds: string[]; code: number | "no_tap" | "unknown"; why: string }[];
}

export interface ConsentOptions {
  /** Templates of the long-term kind: the two kinds take prompts of their own. */
  longTerm?: readonly string[];
  /** Ask only for templates that the user has accepted with "always keep my choice": no prompt is shown. */
  silent?: boolean;
  /** Called when anything was refused or failed, to tell the user. */
  explain?(result: ConsentResult): void;
}

/** Asks by one prompt or more, the first at once, as the platform demands. Never rejects. */
export type Ask = (templateIds: readonly string[], options: ConsentOptions) => Promise<ConsentResult>;

/** `take` gets the result of each prompt: template -> status. */
export function openPrompts(
  api: Partial<MiniProgramApi>,
  take: (templates: Record<string, string>) => void,
): Ask {
  // Older clients take 3 templates a prompt; before iOS 7.0.6 and Android 7.0.7 it was one.
  let size = 5;

  async function ask(ids: readonly string[], result: ConsentResult): Promise<void> {
    while (ids[0]) {
      const group = ids.slice(0, size);
      try {
        await askOnce(group, result);
      } catch (failure) {
        if (group[1] && Object(failure).errCode === 20003) {
          size = group[3] ? 3 : 1;
          continue;
        }
        fail(group, failure, result);
      }
      ids = ids.slice(group.length);
    }
  }

  async function askOnce(tmplIds: string[], result: ConsentResult): Promise<void> {
    const statuses = await callApi<Record<string, string>>(api, "requestSubscribeMessage", { tmplIds });
    const templates: Record<string, string> = {};
    for (const id of tmplIds) templates[id] = statuses[id] || "missing";
    for (const id of tmplIds) sort(id, templates[id] as string, result);
    take(templates);
  }

  return async (templateIds, options) => {
    const result: ConsentResult = { accepted: [], refused: [], failed: [] };
    const longTerm = unique(options.longTerm);
    const oneTime = unique(templateIds).filter((id) => !longTerm.includes(id));
    try {
      const choices = options.silent && (await readChoices(api));
      for (const ids of [oneTime, longTerm]) await ask(choices ? pick(ids, choices, result) : ids, result);
    } catch (failure) {
      fail(oneTime.concat(longTerm), failure, result);
    }
    return result;
  };
}

/** The choices that the user told the platform to keep. Rejects where the platform can't tell. */
async function readChoices(api: Partial<MiniProgramApi>): Promise<Record<string, string>> {
  const setting = await callApi<{ subscriptionsSetting?: SubscriptionsSetting }>(api, "getSetting", {
    withSubscriptions: true,
  });
  return Object(Object(setting.subscriptionsSetting).itemSettings);
}

/** Those that are accepted; the others are refused without a prompt. */
function pick(ids: string[], choices: Record<string, string>, result: ConsentResult): string[] {
  return ids.filter((id) => isAccepted(choices[id]) || sort(id, choices[id] || "not_asked", result));
}

function sort(templateId: string, status: string, result: ConsentResult): void {
  if (isAccepted(status)) result.accepted.push(templateId);
  else result.refused.push({ templateId, status, why: explainStatus(status) });
}

function fail(templateIds: string[], failure: unknown, result: ConsentResult): void {
  result.failed.push(Object.assign({ templateIds }, explainFailure(failure)));
}

/** `acceptWithAudio` and `acceptWithAlert` are accepts too. */
function isAccepted(status: string | undefined): boolean {
  return /^accept/.test(status as string);
}

function unique(ids: readonly string[] | undefined): string[] {
  return Array.from(new Set(ids));
}
