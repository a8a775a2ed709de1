import { MESSAGE } from "./broadcast-message.ts";
import {
  BASE,
  COUNTS,
  NEXT,
  OPEN,
  OUTCOMES,
  OWN_RUN,
  SHOWN_COUNTS,
  STATUS,
  VARIANT,
} from "./broadcast-parts.ts";
import { PLANNED_CANARY } from "./canary.ts";
import * as s from "./define.ts";
import { FILTERS } from "./filters.ts";
import { PASSED_OVER } from "./pool.ts";

const RECEIPTS = s.object(
  {
    sent: s.count("Unknown outcomes that receipts of the platform show as sent."),
    rejected: s.count("Those that receipts show as rejected."),
    unknown: s.count("Those without a receipt."),
  },
  "What receipts of the platform say of unknown outcomes.",
);

/** `broadcast` and `broadcast resume`, at their end. */
export const broadcastResult = s.object(
  {
    ...BASE,
    ...COUNTS,
    run: s.optional(OWN_RUN),
    passedOver: s.optional(PASSED_OVER),
    next: s.optional(NEXT),
  },
  "How a broadcast stands at the end of a run.",
);

const { broadcastId: _, reason: __, outages: ___, canary: _____, ...UNSTARTED } = BASE;

export const dryRun = s.object(
  {
    ...UNSTARTED,
    ...COUNTS,
    variants: s.optional(
      s.list(
        s.object(
          {
            ...VARIANT,
            sample: s.optional(s.anyObject("The body of its first request, as the platform would get it.")),
          },
          "One variant.",
        ),
        "Recipients by the variant of the message that they would get; absent without variants.",
      ),
    ),
    dryRun: s.yes("Nothing was sent, and nothing changed."),
    target: s.object(
      {
        profile: s.nullable(s.text("The profile of the configuration file.")),
        appid: s.optional(s.text("The mini program.")),
        redis: s.text("The Redis, without its password."),
        channel: s.text("The channel."),
        apiBase: s.text("The API."),
      },
      "Where it would go.",
    ),
    leftWithout: s.count("Recipients whose last valid code or consent the broadcast would take."),
    leftWith: s.object(
      {
        none: s.count("Users with none left."),
        one: s.count("With one."),
        two: s.count("With two."),
        more: s.count("With more."),
      },
      "Recipients by the valid codes or consents that they would have left.",
    ),
    warnings: s.optional(s.list(s.text("A warning."), "What a preview on a terminal warns of.")),
    passedOver: PASSED_OVER,
    canary: s.optional(PLANNED_CANARY),
    columns: s.optional(
      s.list(s.text("A column."), "Columns of the recipients' rows that the message uses."),
    ),
    sample: s.optional(s.anyObject("The body of the first request, as the platform would get it.")),
  },
  "What a broadcast would do; who would be sent to counts as sent.",
);

export const resumeDryRun = s.object(
  {
    ...BASE,
    ...SHOWN_COUNTS,
    dryRun: s.yes("Nothing was sent, and nothing changed."),
    wouldSend: s.count("Messages that resuming would send at most."),
    toSend: s.object(
      {
        fresh: s.count("To users who have not been sent to."),
        open: s.count("For claims without an outcome."),
        retries: s.count("To users whose failed or unknown outcome is tried again."),
      },
      "The same by kind.",
    ),
    receipts: s.optional(RECEIPTS),
  },
  "What resuming a broadcast would do.",
);

const RUN = {
  runId: s.text("The id of the run."),
  host: s.text("The machine that it runs on."),
  pid: s.integer("Its process id there."),
  outcomes: s.nullable(OUTCOMES),
  open: s.nullable(s.count(OPEN)),
};

export const watchLine = s.object(
  {
    ...BASE,
    ...SHOWN_COUNTS,
    rateNow: s.nullable(
      s.number("Messages sent per second over the last seconds; null before it can be told."),
    ),
    runs: s.list(
      s.object(
        { ...RUN, waiting: s.nullable(s.text("Why it sends nothing at the moment.")) },
        "A run at work.",
      ),
      "The runs at work.",
    ),
  },
  "A broadcast as it stands now; the last line is its end.",
);

const { codes: ____, errors: ______, open: _______, ...LISTED } = SHOWN_COUNTS;

export const broadcastLine = s.object(
  {
    ...BASE,
    ...LISTED,
    alive: s.flag("Whether a run is at work on it."),
    next: s.optional(s.text("The command that leads on from here.")),
  },
  "One broadcast of a list.",
);

const SHOWN_RUN = s.object(
  {
    ...RUN,
    user: s.nullable(s.text("Who started it.")),
    since: s.time("When it began."),
    lastSeen: s.time("Its last heartbeat."),
    alive: s.flag("Whether it is at work."),
    state: s.oneOf(["running", "summing up", "ended", "died"], "How it stands, or how it ended."),
    foundPerSec: s.nullable(
      s.number("The rate that it found where the platform refused; null without a limit."),
    ),
  },
  "A process that worked on it.",
);

export const broadcastShown = s.object(
  {
    ...BASE,
    ...SHOWN_COUNTS,
    next: NEXT,
    counted: s.oneOf(["result", "heartbeats", "ledgers"], "Where the counts come from."),
    channel: s.text("The channel that it goes through."),
    message: MESSAGE,
    audience: s.oneOf(["pools", "list"], "Everybody with a pool, or listed users."),
    filters: s.optional(FILTERS),
    limit: s.optional(s.count("The most users that it may claim a permission of.")),
    rate: s.optional(s.number("The most messages per second, over all runs.")),
    users: s.optional(s.count("How many users there were when it started, where that was counted.")),
    appid: s.text("The mini program."),
    apiBase: s.optional(s.text("The API that it goes through.")),
    runs: s.list(SHOWN_RUN, "All runs, the oldest first."),
  },
  "One broadcast with all that is known of it.",
);

export const haltDryRun = s.object(
  {
    broadcastId: s.text("The id of the broadcast."),
    status: STATUS,
    wouldBe: s.oneOf(["paused", "cancelled"], "What it would be afterwards."),
    runsAtWork: s.count("Runs that would be asked to stop."),
    toGo: s.nullable(s.count("Users without an outcome; null where nobody has counted them.")),
    dryRun: s.yes("Nothing changed."),
  },
  "What pausing or cancelling a broadcast would do.",
);

export const broadcastDeleted = s.object(
  {
    broadcastId: s.text("The id of the broadcast."),
    deleted: s.flag("Whether it is gone."),
    dryRun: s.optional(s.yes("Nothing changed.")),
  },
  "That a broadcast was deleted, or would be.",
);
