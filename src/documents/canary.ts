import * as s from "./define.ts";

const PART = {
  share: s.number("The share of the users who are in it: those whose draw is below it."),
  seed: s.text("What, with an openId, decides who is in it."),
};

export const CANARY = s.object(
  {
    ...PART,
    stage: s.oneOf(["sending", "waiting", "passed", "failed"], "How far it has come."),
    asks: s.flag("Whether an operator decides."),
    maxFailed: s.number("The largest share of failed and unknown outcomes with which it passes."),
    maxRejected: s.number("The largest share of rejected and undelivered messages with which it passes."),
    sentAt: s.nullable(s.time("When everybody in it had an outcome; null before.")),
    waitUntil: s.nullable(s.time("When it is judged, or an operator is asked; null before it is sent.")),
    sent: s.nullable(s.count("Messages that the API accepted; null where nobody has counted them.")),
    rejected: s.nullable(s.count("Users who cannot be messaged.")),
    failed: s.nullable(s.count("Refused for another reason.")),
    unknown: s.nullable(s.count("Messages that may have been delivered.")),
    undelivered: s.nullable(
      s.count("Accepted messages that were not delivered, according to receipts; null before it is judged."),
    ),
    reason: s.optional(s.text("Why it failed.")),
    by: s.optional(s.text("Who decided, where an operator did.")),
  },
  "The first part of the broadcast, and how far it has come. Absent without --canary.",
);

/** In a dry run. */
export const PLANNED_CANARY = s.object(
  {
    ...PART,
    users: s.count("Users in it who can be sent to now."),
    others: s.count("Users who would be sent to after it."),
  },
  "The first part of the broadcast.",
);
