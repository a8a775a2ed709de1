import { CANARY } from "./canary.ts";
import * as s from "./define.ts";

/** What the documents of broadcasts have in common. */

export const OUTCOMES = s.object(
  {
    sent: s.count("The API accepted the message."),
    no_code: s.count("No valid code or consent was there."),
    rejected: s.count("The user cannot be messaged."),
    failed: s.count("Refused for another reason."),
    unknown: s.count("No usable answer came: the message may have been delivered."),
    invalid: s.count("No message could be made of the recipient's row."),
    suppressed: s.count("On the suppression list."),
    held_out: s.count("Left without the message on purpose, by --holdout."),
    capped: s.count("Already sent as many messages as --cap allows."),
    skipped: s.count("Settled by an earlier run of this broadcast."),
  },
  "Recipients by outcome.",
);

/** One variant of a message: its recipients are those that have one of these outcomes. */
export const VARIANT = {
  name: s.text("The variant."),
  share: s.number("Its share of the recipients, from 0 to 1."),
  recipients: s.count("Its users with an outcome."),
  outcomes: s.object(
    {
      sent: s.count("The API accepted the message."),
      no_code: s.count("No valid code or consent was there."),
      rejected: s.count("The user cannot be messaged."),
      failed: s.count("Refused for another reason."),
      unknown: s.count("No usable answer came: the message may have been delivered."),
    },
    "Its recipients by outcome.",
  ),
};

/** Absent without variants. */
const VARIANTS = s.optional(
  s.list(
    s.object(VARIANT, "One variant."),
    "Recipients by the variant of the message that they get, without invalid rows and users from whom the message is withheld.",
  ),
);

/** Absent without filters. */
export const FILTERED = s.optional(
  s.object(
    {
      match: s.optional(s.count("OpenIds that --match does not fit.")),
      exclude: s.optional(s.count("Listed in --exclude-file.")),
      notIn: s.optional(s.count("Reached, perhaps, by a broadcast of --exclude-broadcast.")),
      expiringWithin: s.optional(s.count("The code to be spent expires later than --expiring-within.")),
      minValid: s.optional(s.count("Fewer valid codes or consents than --min-valid.")),
    },
    "Users left out, by the first filter that applies.",
  ),
);

export const CODES = s.object(
  {
    spent: s.count("Used for a message that was sent, or whose outcome is unknown."),
    expired: s.count("Expired; removed from the pools on the way."),
    refused: s.count("Refused by the platform as used or invalid."),
    released: s.count("Claimed, not used, and put back."),
  },
  "What became of the codes or consents that were claimed.",
);

/** The same seen from outside, where a run may not have told. */
const SHOWN_CODES = s.object(
  {
    spent: s.nullable(s.count("Used for a message that was sent, or whose outcome is unknown.")),
    expired: s.nullable(s.count("Expired; removed from the pools on the way.")),
    refused: s.nullable(s.count("Refused by the platform as used or invalid.")),
    released: s.nullable(s.count("Claimed, not used, and put back.")),
  },
  "What became of the codes or consents that were claimed; null where a run has not told.",
);

const ERRORS = s.list(
  s.object(
    {
      errcode: s.nullable(
        s.errcode(
          "The platform's code, a number or a word; null when there was none, such as after a reset.",
        ),
      ),
      errmsg: s.text("The platform's words, or what happened on the wire."),
      count: s.count("Answers of this kind, those that were retried included."),
    },
    "One kind of answer.",
  ),
  "Answers other than success, the most frequent first.",
);

const OUTAGES = s.object(
  {
    count: s.count("How often the API was down while runs were at work."),
    ms: s.count("For how long together, in milliseconds."),
  },
  "Outages of the API.",
);

export const OPEN = "Claimed, with an outcome that is not known yet.";

export const STATUS = s.oneOf(
  ["scheduled", "running", "dead", "finished", "stopped", "interrupted", "paused", "cancelled"],
  "Where the broadcast stands; `dead`: it should be running, and no run is alive; `scheduled`: it waits for the time of --at.",
);

const SCHEDULE = s.object(
  {
    at: s.optional(s.time("When it begins, or was to begin; quiet hours may delay that.")),
    until: s.optional(s.time("When it stops at the latest.")),
    quietHours: s.optional(s.text("Hours of the day in which nothing is sent, such as 22:00-08:00.")),
    timeZone: s.text("The IANA zone of the quiet hours, in which the other times are shown."),
  },
  "When it may send; absent without --at, --until and --quiet-hours.",
);

const RATE = s.nullable(s.number("Messages sent per second of that time; null before it can be told."));

/** The fields of every document that shows a broadcast as a whole. */
export const BASE = {
  broadcastId: s.text("The id of the broadcast."),
  status: STATUS,
  reason: s.optional(s.text("Why it ended, where it did not finish.")),
  templateId: s.text("The template that is sent."),
  toGo: s.nullable(s.count("Users without an outcome yet; null where nobody has counted them.")),
  canary: s.optional(CANARY),
  outages: s.optional(OUTAGES),
  schedule: s.optional(SCHEDULE),
  startedAt: s.time("When it was started; as long as it is scheduled, when that was done."),
  finishedAt: s.nullable(s.time("When it finished; null until then.")),
  durationMs: s.count(
    "How long runs worked on it, in milliseconds, without the time between them and without quiet hours.",
  ),
  sentPerSecond: RATE,
};

/** Counts that are known. */
export const COUNTS = {
  recipients: s.count("Users with an outcome."),
  outcomes: OUTCOMES,
  variants: VARIANTS,
  filtered: FILTERED,
  codes: CODES,
  errors: ERRORS,
  open: s.count(OPEN),
};

/** The same of a broadcast seen from outside, where some may not be known. */
export const SHOWN_COUNTS = {
  recipients: s.nullable(s.count("Users with an outcome; null where that is not known.")),
  outcomes: s.nullable(OUTCOMES),
  variants: VARIANTS,
  filtered: FILTERED,
  codes: SHOWN_CODES,
  errors: ERRORS,
  open: s.nullable(s.count(`${OPEN} Null where nobody knows.`)),
  lastSeenAt: s.nullable(s.time("The last heartbeat of any run; null before the first.")),
};

export const OWN_RUN = s.object(
  {
    runId: s.text("The id of the run."),
    sent: s.count("Messages that it sent."),
    durationMs: s.count("How long it worked, in milliseconds."),
    sentPerSecond: RATE,
  },
  "The run that prints this, alone.",
);

export const NEXT = s.list(
  s.text("A command line."),
  "Commands that lead on from here, the first one first.",
);
