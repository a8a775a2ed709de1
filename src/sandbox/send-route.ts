import {
  renderDelivered,
  renderErrcode,
  sendBadGateway,
  sendGarbage,
  sendJson,
  sendTruncated,
} from "./answers.ts";
import { errcodeOf, type FaultKind, type NamedFaultKind } from "./faults.ts";
import type { Platform, Verdict } from "./platform.ts";
import { afterLatency, type Reply } from "./server.ts";

interface Effect {
  /** Whether the platform still judges the send, and delivers it if there is no other reason to refuse it. */
  judged: boolean;
  /** What the sender receives; a number is an errcode, `verdict` the platform's own answer. */
  answer: number | "verdict" | "bad gateway" | "garbage" | "reset" | "truncated";
}

const EFFECTS: Record<NamedFaultKind, Effect> = {
  busy: { judged: false, answer: -1 },
  "busy-delivered": { judged: true, answer: -1 },
  "5xx": { judged: false, answer: "bad gateway" },
  "5xx-after": { judged: true, answer: "bad gateway" },
  reset: { judged: false, answer: "reset" },
  "reset-after": { judged: true, answer: "reset" },
  slow: { judged: true, answer: "verdict" },
  garbage: { judged: false, answer: "garbage" },
  "garbage-after": { judged: true, answer: "garbage" },
  // These two change the platform first, so that its own answer shows the fault.
  "token-expiry": { judged: true, answer: "verdict" },
  "day-quota": { judged: true, answer: "verdict" },
  "minute-quota": { judged: false, answer: 45011 },
  withdrawn: { judged: false, answer: 45103 },
  unlisted: { judged: false, answer: 99999 },
  later: { judged: false, answer: 43108 },
  truncated: { judged: true, answer: "truncated" },
};
const NO_FAULT: Effect = { judged: true, answer: "verdict" };
const NOT_JUDGED: Verdict = { errcode: 0 };

/** The format of a platform's answers to sends. */
export interface Dialect {
  /** The body. */
  render(verdict: Verdict): string;
  /** The platform's equivalent of a fault that WeChat answers with this errcode. */
  ofFault(errcode: number): Verdict;
}

const WECHAT: Dialect = {
  render: ({ errcode, errmsg, msgid }) =>
    errcode === 0 ? renderDelivered(msgid) : renderErrcode(errcode, errmsg),
  ofFault: (errcode) => ({ errcode }),
};

/** Handles a send of any kind: judged at once, answered after the latency. */
export function answerSend(
  platform: Platform,
  judge: () => Verdict,
  reply: Reply,
  dialect: Dialect = WECHAT,
): void {
  const fault = platform.dice.draw();
  const effect = fault === undefined ? NO_FAULT : startFault(platform, fault);
  const verdict = effect.judged ? judge() : NOT_JUDGED;
  const { latencyMs, slowMs } = platform.settings;
  afterLatency(fault === "slow" ? latencyMs + slowMs : latencyMs, () => {
    platform.release(verdict);
    writeAnswer(platform, effect.answer, verdict, reply, dialect);
  });
}

function startFault(platform: Platform, kind: FaultKind): Effect {
  platform.tally.countFault(kind);
  if (kind === "token-expiry") platform.tokens.expireAll();
  if (kind === "day-quota") platform.quotas.isSpent = true;
  const errcode = errcodeOf(kind);
  return errcode === undefined ? EFFECTS[kind as NamedFaultKind] : { judged: false, answer: errcode };
}

function writeAnswer(
  platform: Platform,
  answer: Effect["answer"],
  verdict: Verdict,
  reply: Reply,
  { render, ofFault }: Dialect,
): void {
  if (answer === "bad gateway") sendBadGateway(reply);
  else if (answer === "garbage") sendGarbage(reply);
  else if (answer === "reset") reply.reset();
  else if (answer === "truncated") sendTruncated(reply, render(verdict));
  else {
    const shown = answer === "verdict" ? verdict : ofFault(answer);
    platform.tally.countErrcode(shown.errcode);
    sendJson(reply, render(shown));
  }
}
