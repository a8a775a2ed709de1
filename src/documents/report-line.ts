import * as s from "./define.ts";

/** One line of `--report`, and of `broadcast recipients --json`. */
export const reportLine = s.object(
  {
    openId: s.text("The recipient."),
    outcome: s.oneOf(
      [
        "sent",
        "no_code",
        "rejected",
        "failed",
        "unknown",
        "invalid",
        "suppressed",
        "held_out",
        "capped",
        "open",
      ],
      "What became of the message; `open`: claimed, without an outcome yet.",
    ),
    attempts: s.count("Requests that were made."),
    errcode: s.nullable(
      s.errcode("The platform's code, a number or a word; null after success, and where there was none."),
    ),
    errmsg: s.nullable(
      s.text(
        "The platform's words, or what happened on the wire; null in lines from the ledger, which does not keep them.",
      ),
    ),
    msgid: s.nullable(s.text("The platform's id of the message.")),
    formId: s.nullable(s.text("The code that was claimed; null where messages spend consents.")),
    at: s.time("When it was settled, or claimed."),
    variant: s.optional(
      s.nullable(
        s.text(
          "The variant of the message that the user gets; null without variants, and for users who get none.",
        ),
      ),
    ),
    consent: s.optional(
      s.nullable(s.text("The consent that was claimed; on channels that do not spend codes.")),
    ),
  },
  "One recipient of a broadcast.",
);
