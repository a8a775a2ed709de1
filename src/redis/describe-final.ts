import type { ClaimReply } from "../broadcast/ports.ts";
import type { FinalRecord } from "./ledger-record.ts";
import { NOTHING } from "./take-step.ts";

export function describeFinal(
  openId: string,
  final: FinalRecord,
  own: boolean,
): ClaimReply & { status: "settled" } {
  const { outcome, attempts, atMs, errcode, formId, msgid, standing } = final;
  return {
    status: "settled",
    openId,
    outcome,
    own,
    attempts,
    atMs,
    ...(errcode === undefined ? {} : { errcode }),
    ...(formId === undefined ? {} : { formId }),
    ...(msgid === undefined ? {} : { msgid }),
    ...(standing ? { standing } : {}),
  };
}

/** Of a suppressed user, whose outcome stays. Every run counts users without a code anew, those whose record says so among them. */
export function describeSuppressed(openId: string, final: FinalRecord, run: string): ClaimReply {
  if (final.outcome === "no_code") return { status: "no_code", openId, ...NOTHING };
  return { ...describeFinal(openId, final, final.run === run), suppressed: true };
}
