import type { AskCanary } from "../../broadcast/canary.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { describeFigures, percent } from "./canary-words.ts";

/** What stands where the question is to be shown. */
interface Screen {
  /** stdin is data: the answer is typed on the terminal all the same. */
  stdinTaken: boolean;
  hideProgress(): void;
  showProgress(): void;
}

/** Asks on the terminal whether a broadcast continues after its canary; without one there is no answer. */
export function askAboutCanary(deps: Deps, { stdinTaken, hideProgress, showProgress }: Screen): AskCanary {
  const { out } = deps;
  return async ({ canary, figures, why }, signal) => {
    if (!out.canAsk({ stdinTaken })) return undefined;
    const { profile: name, production } = await deps.settings();
    hideProgress();
    out.warnFacts([
      ["canary", `${percent(canary.share)}, ${describeFigures(figures)}`],
      ...(why === undefined ? [] : [["warning", why, "danger"] as Fact]),
    ]);
    const profile = name === undefined ? undefined : { name, production };
    const yes = await out.confirm("Continue with everybody else?", { stdinTaken, profile, signal });
    if (signal.aborted) return undefined;
    showProgress();
    return yes;
  };
}
