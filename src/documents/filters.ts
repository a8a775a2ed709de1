import * as s from "./define.ts";

/** Whom a broadcast may send to, as `broadcast show` has it. */
export const FILTERS = s.object(
  {
    match: s.optional(s.text("The pattern that openIds have to fit.")),
    exclude: s.optional(s.count("How many openIds are left out by a list.")),
    holdout: s.optional(
      s.object(
        {
          share: s.number("The share of users, from 0 to 1."),
          seed: s.text("The text that, with an openId, decides who they are."),
        },
        "The users who are left without the message on purpose.",
      ),
    ),
    notIn: s.optional(s.list(s.text("The id of a broadcast."), "Broadcasts whose recipients are left out.")),
    caps: s.optional(
      s.list(
        s.object(
          {
            count: s.count("Other broadcasts' messages after which a user is not sent to."),
            withinMs: s.count("In how long a time, in milliseconds."),
            since: s.time("When that time begins; it ends with the broadcast."),
          },
          "A cap.",
        ),
        "How many messages a user may have been sent by other broadcasts.",
      ),
    ),
    expiringWithinMs: s.optional(s.count("How soon the code to be spent has to expire, in milliseconds.")),
    minValid: s.optional(s.count("How many valid codes or consents a user has to have.")),
  },
  "Whom of the audience it may send to.",
);
