import { STATUS } from "./broadcast-parts.ts";
import * as s from "./define.ts";

/** `broadcast run-due`. */
export const runDue = s.object(
  {
    broadcasts: s.list(
      s.object(
        {
          broadcastId: s.text("The id of the broadcast."),
          at: s.nullable(s.time("When it was to begin.")),
          exit: s.nullable(s.text("What `broadcast` would have ended with, by name; null in a dry run.")),
          exitCode: s.nullable(s.count("The exit code of that name.")),
          status: STATUS,
          sent: s.nullable(s.count("Messages that it sent; null where it did not begin.")),
        },
        "A broadcast that was due.",
      ),
      "Those that were begun, or would be, in this order.",
    ),
    skipped: s.list(
      s.object(
        { broadcastId: s.text("The id of the broadcast."), why: s.text("Why it was left alone.") },
        "A broadcast that another process or account is for.",
      ),
      "Those whose time has come and which were not begun.",
    ),
    dryRun: s.optional(s.yes("Nothing was sent, and nothing changed.")),
  },
  "What became of the broadcasts that were due.",
);
