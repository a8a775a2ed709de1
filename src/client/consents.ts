import { callApi, type FoundApi, type MiniProgramApi, type SubscriptionsSetting } from "./api.ts";
import { explainFailure, type Failure, REASONS } from "./explain.ts";
import type { Tell } from "./problem.ts";

/** The result for the requested templates: each is in one of the three lists. */
export interface ConsentResult {
  accepted: string[];
  /** `status`: the platform's status, or `not_asked` or `missing`. */
  refused: { templateId: string; status: string; why: string }[];
  /** Prompts that were not shown, or whose result is unknown. */
  failed: Failure[];
}

export interface ConsentOptions {
  /** The long-term templates among them: the two kinds need separate prompts. */
  longTerm?: readonly string[];
  /** Ask only for templates that the user has accepted with "always keep my choice": no prompt is shown. */
  silent?: boolean;
  /** Called with the result, to tell the user what was refused or failed, and why. */
  explain?(result: ConsentResult): void;
}

/** Asks with one or more prompts, the first at once, as the platform requires. Never rejects. */
export type Ask = (templateIds: readonly string[], options?: ConsentOptions) => Promise<ConsentResult>;

/** Template -> status. */
type Statuses = Record<string, string>;

/** `take` is called with the result of each prompt. */
export function openPrompts(api: FoundApi, take: (statuses: Statuses) => void, tell: Tell): Ask {
  // Older clients allow 3 templates per prompt; before iOS 7.0.6 and Android 7.0.7 only one.
  let size = api.promptSize || 5;

  return async (templateIds, { longTerm, silent, explain } = {}) => {
    const result: ConsentResult = { accepted: [], refused: [], failed: [] };
    const place = (templateId: string, status: string) => {
      if (isAccepted(status)) result.accepted.push(templateId);
      else result.refused.push({ templateId, status, why: REASONS[status] || status });
      return status;
    };
    const later = unique(longTerm);
    for (let ids of [unique(templateIds).filter((id) => !later.includes(id)), later]) {
      let mayPick = silent;
      while (ids[0]) {
        let group = ids;
        try {
          if (mayPick) {
            const choices = await readChoices(api);
            ids = ids.filter((id) => isAccepted(choices[id]) || !place(id, choices[id] || "not_asked"));
            mayPick = false;
          }
          group = ids.slice(0, size);
          if (!group[0]) break;
          const told = await callApi<Statuses>(api, "requestSubscribeMessage", { tmplIds: group });
          const statuses: Statuses = {};
          for (const id of group) statuses[id] = place(id, told[id] || "missing");
          take(statuses);
        } catch (failure) {
          if (group[1] && Object(failure).errCode === 20003) {
            size = group[3] ? 3 : 1;
            continue;
          }
          result.failed.push(explainFailure(group, failure));
        }
        ids = ids.slice(group.length);
      }
    }
    try {
      if (explain) explain(result);
    } catch (error) {
      tell("bug", error);
    }
    return result;
  };
}

/** The choices that the user told the platform to keep. Rejects if the platform can't tell. */
async function readChoices(api: Partial<MiniProgramApi>): Promise<Statuses> {
  const { subscriptionsSetting } = await callApi<{ subscriptionsSetting?: SubscriptionsSetting }>(
    api,
    "getSetting",
    { withSubscriptions: true },
  );
  return Object(Object(subscriptionsSetting).itemSettings);
}

/** `acceptWithAudio` and `acceptWithAlert` are accepts too. */
function isAccepted(status: string | undefined): boolean {
  return /^accept/.test(status as string);
}

function unique(ids: readonly string[] | undefined): string[] {
  return Array.from(new Set(([] as string[]).concat(ids || [])));
}
