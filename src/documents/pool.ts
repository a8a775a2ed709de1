import * as s from "./define.ts";

/** The documents of `pool` and `purge` where messages spend codes. */

export const PASSED_OVER = s.count("Keys under the prefix of the pools that hold no pool.");

const STATES = {
  valid: s.count("Valid codes."),
  expired: s.count("Expired codes."),
  invalid: s.count("Not yet expired, but with something in the place of the formId that is none."),
  unreadable: s.count("Entries that are not understood."),
};

const OVERLONG = s.count("Of the valid codes: those that claim to live longer than the platform lets any.");

const CODE = s.object(
  {
    formId: s.optional(s.text("The code; absent where the entry does not tell it.")),
    expire: s.optional(s.number("When it expires, in milliseconds since 1970.")),
    expiresAt: s.optional(s.time("The same as a date.")),
    uses: s.optional(s.count("How many messages it is good for.")),
    scene: s.optional(
      s.number("Of a payment at Baidu: 2 its cashier, 3 a direct order; absent: a form's code."),
    ),
    state: s.oneOf(["valid", "expired", "invalid", "unreadable"], "What it is worth now."),
    overlong: s.optional(s.yes("It claims to live longer than the platform lets any code.")),
    raw: s.optional(s.text("Of an unreadable entry: its bytes as text, cut after 200 characters.")),
  },
  "A code, or an entry that is not understood.",
);

export const SEND = s.object(
  {
    broadcastId: s.text("The broadcast."),
    outcome: s.oneOf(
      ["sent", "no_code", "rejected", "failed", "unknown", "claimed", "unreadable"],
      "What became of the message; `claimed`: no outcome yet; `unreadable`: the record is not push-cli's.",
    ),
    runId: s.optional(s.text("The run that settled or claimed it.")),
    attempts: s.optional(s.count("Requests that were made.")),
    at: s.optional(s.time("When it was settled, or claimed.")),
    errcode: s.optional(s.errcode("The platform's code, a number or a word.")),
    formId: s.optional(s.text("The code or consent that was claimed.")),
    msgid: s.optional(s.text("The platform's id of the message.")),
  },
  "A broadcast to this user.",
);

export const poolShown = s.object(
  {
    openId: s.text("The user."),
    key: s.text("The key of the pool in Redis."),
    ...STATES,
    overlong: OVERLONG,
    codes: s.list(CODE, "The codes, the oldest first."),
    notShown: s.optional(s.count("Codes that --limit left out.")),
    broadcasts: s.list(SEND, "The broadcasts that the user's ledger knows, the newest first."),
  },
  "The pool of one user.",
);

export const poolLine = s.object(
  {
    openId: s.text("The user."),
    ...STATES,
    nextExpiry: s.nullable(s.time("When the first of the valid codes expires.")),
    lastExpiry: s.nullable(s.time("When the last of them expires.")),
  },
  "The pool of one user in numbers.",
);

/** Of an estimate. */
const ENDS = s.interval(
  "Lowest and highest number that this may be, with 95 % confidence; of an estimate alone.",
);
const estimated = { interval: s.optional(ENDS) };

const STATS_CODES = { ...STATES, overlong: OVERLONG };
const STATS_INTERVALS = s.object(
  {
    reachable: ENDS,
    codes: s.object(
      { valid: ENDS, expired: ENDS, invalid: ENDS, unreadable: ENDS, overlong: ENDS },
      "The intervals of `codes`.",
    ),
    expiringLater: ENDS,
  },
  "Intervals of the estimated numbers; of an estimate alone.",
);

export const poolStats = s.object(
  {
    pools: s.count("Pools."),
    reachable: s.count("Users with a valid code."),
    codes: s.object(STATS_CODES, "Codes by state."),
    perUser: s.list(
      s.object(
        { codes: s.text("How many valid codes: 1, 4-5, 11+."), users: s.count("Users."), ...estimated },
        "A class.",
      ),
      "Users by how many valid codes they have.",
    ),
    expiringBy: s.list(
      s.object({ date: s.text("The day, as 2026-11-26."), codes: s.count("Codes."), ...estimated }, "A day."),
      "Valid codes by the day on which they expire.",
    ),
    expiringLater: s.count("Valid codes that expire after all those days."),
    reachableBy: s.list(
      s.object({ date: s.text("The day, as 2026-11-26."), users: s.count("Users."), ...estimated }, "A day."),
      "Users who will still have a valid code at the end of a day.",
    ),
    writers: s.list(
      s.object(
        {
          writer: s.text("The form of the entries: plain, jackson-class, java ..."),
          entries: s.count("Entries."),
          unreadable: s.count("Of them: not understood."),
          overlong: s.count("Of their codes: those that claim to live longer than the platform lets any."),
          unreadableInterval: s.optional(ENDS),
          ...estimated,
        },
        "A form of entries.",
      ),
      "Entries by what wrote them.",
    ),
    timeZone: s.text("Whose days these are."),
    at: s.time("When it was counted, by the clock of Redis."),
    exact: s.flag("Whether every pool was read."),
    sample: s.optional(
      s.object(
        { pools: s.count("Pools that were read."), confidence: s.number("Of the intervals.") },
        "Of an estimate alone.",
      ),
    ),
    intervals: s.optional(STATS_INTERVALS),
    passedOver: PASSED_OVER,
  },
  "All pools in numbers.",
);

export const poolImported = s.object(
  {
    lines: s.optional(s.count("Lines or rows that were read, of a file.")),
    keys: s.optional(s.count("Keys that were read, of a Redis.")),
    values: s.optional(s.count("Values that were read, of a Redis.")),
    imported: s.count("Added to pools."),
    known: s.count("Left out: the pool holds them already."),
    used: s.count("Left out: broadcasts have used them."),
    expired: s.count("Left out: expired."),
    bad: s.count("Left out: not understood; stderr says which and why."),
    overlong: s.optional(
      s.count("Of the good codes: those that claim to live longer than the platform lets any."),
    ),
    oddOpenIds: s.count("Of the good ones: those of openIds with an unusual shape."),
    capped: s.optional(
      s.count("Of consents: left out because the pool has as many as --consent-cap allows."),
    ),
    empty: s.optional(s.count("Of consents: rows with a count of 0.")),
    otherTemplate: s.optional(s.count("Of consents: rows of another template.")),
    complete: s.optional(s.flag("False when it broke off; absent otherwise.")),
    dryRun: s.flag("Whether nothing was changed."),
  },
  "What became of what was read.",
);

export const exportLine = s.object(
  {
    openId: s.text("The user."),
    formId: s.optional(s.text("The code.")),
    expire: s.optional(s.number("When it expires, in milliseconds since 1970.")),
    uses: s.optional(s.count("How many messages it is good for; absent: 1.")),
    scene: s.optional(
      s.number("Of a payment at Baidu: 2 its cashier, 3 a direct order; absent: a form's code."),
    ),
    raw: s.optional(s.text("Instead of a code: an entry as it is, where its bytes are UTF-8.")),
    rawBase64: s.optional(s.text("Instead of a code: the bytes of an entry in base64.")),
  },
  "A code, or an entry byte for byte; `pool import` reads both.",
);

export const poolRemoved = s.object(
  {
    poolsRemoved: s.count("Pools that are empty now, and so gone."),
    entriesRemoved: s.count("Entries that were removed."),
    codesRemoved: s.map(s.count("How many."), "What was in them, by state."),
    entriesKept: s.count("Entries left in place: not understood, or too long to be saved."),
    entriesGone: s.count("Entries that somebody else took in the meantime."),
    complete: s.flag("False when it was stopped early."),
    missing: s.list(s.text("An openId."), "Users who have no pool."),
    exportFile: s.nullable(s.text("Where the entries were saved.")),
    dryRun: s.flag("Whether nothing was changed."),
  },
  "What was removed, or would be.",
);

export const purged = s.object(
  {
    poolsScanned: s.count("Pools that were looked at."),
    poolsChanged: s.count("Pools with something to remove."),
    poolsRemoved: s.count("Pools that are empty now, and so gone."),
    expiredRemoved: s.count("Expired codes or consents that were removed."),
    unreadableKept: s.count("Entries that are not understood, and stay."),
    complete: s.flag("False when it was stopped before it had seen every pool."),
    passedOver: PASSED_OVER,
    durationMs: s.count("How long it took, in milliseconds."),
    dryRun: s.flag("Whether nothing was changed."),
  },
  "What was purged, or would be.",
);
