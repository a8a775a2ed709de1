import * as s from "./define.ts";

/** The documents of `suppress`. */

export const suppressedLine = s.object(
  {
    openId: s.text("The user."),
    reason: s.nullable(s.text("Why; null where nobody said.")),
    until: s.nullable(s.time("When it ends; null: never.")),
    added: s.nullable(s.time("When it was added or last changed; null where something else wrote it.")),
    by: s.nullable(s.text("By whom, as user@host.")),
    ended: s.optional(s.yes("Its end has come: the user is no longer suppressed.")),
  },
  "A suppressed user; `suppress import` reads it.",
);

export const suppressed = s.object(
  {
    lines: s.optional(s.count("Lines or rows that were read, of a file.")),
    bad: s.optional(s.count("Left out: not understood, with --skip-bad-rows.")),
    ended: s.optional(s.count("Left out: their end has come.")),
    duplicates: s.optional(s.count("Left out: rows of a user who had one before.")),
    added: s.count("Users who were not suppressed before."),
    changed: s.count("Users who were, with another reason or end."),
    unchanged: s.count("Users who were, with the same."),
    complete: s.optional(s.flag("False when it was stopped early; absent otherwise.")),
    dryRun: s.flag("Whether nothing was changed."),
  },
  "What was added to the suppression list, or would be.",
);

export const unsuppressed = s.object(
  {
    removed: s.count("Users who were removed."),
    missing: s.count("Users who were not on the list."),
    dryRun: s.flag("Whether nothing was changed."),
  },
  "What was removed from the suppression list, or would be.",
);
