import * as s from "./define.ts";
import { PASSED_OVER, SEND } from "./pool.ts";

/** The documents of `pool` where messages spend consents. */

const STATES = {
  valid: s.count("Valid consents."),
  standing: s.count("Standing rights, which a message does not use up."),
  expired: s.count("Consents older than --consent-max-age."),
  unreadable: s.count("Entries that are not understood."),
};

const TEMPLATE_ID = s.text("The template that the consents are for.");

const CONSENT = s.object(
  {
    consent: s.optional(s.text("The id of the consent.")),
    at: s.optional(s.number("When it was given, in milliseconds since 1970.")),
    givenAt: s.optional(s.nullable(s.time("The same as a date."))),
    state: s.oneOf(["valid", "standing", "expired", "unreadable"], "What it is worth now."),
    raw: s.optional(s.text("Of an unreadable entry: its bytes as text, cut after 200 characters.")),
  },
  "A consent, or an entry that is not understood.",
);

export const consentPoolShown = s.object(
  {
    openId: s.text("The user."),
    templates: s.list(
      s.object(
        {
          templateId: TEMPLATE_ID,
          key: s.text("The key of the pool in Redis."),
          ...STATES,
          consents: s.list(CONSENT, "The consents, the oldest first."),
          notShown: s.optional(s.count("Consents that --limit left out.")),
        },
        "The pool for one template.",
      ),
      "One pool for each template.",
    ),
    broadcasts: s.list(SEND, "The broadcasts that the user's ledger knows, the newest first."),
  },
  "The consents of one user.",
);

const OLDEST = s.nullable(s.time("When the oldest consent was given."));
const NEWEST = s.nullable(s.time("When the newest consent was given."));

export const consentPoolLine = s.object(
  { openId: s.text("The user."), templateId: TEMPLATE_ID, ...STATES, oldest: OLDEST, newest: NEWEST },
  "The consents of one user for one template in numbers.",
);

const REACHABLE = "With a valid consent or a standing right.";

export const consentStats = s.object(
  {
    pools: s.count("Pools: one for each user and template."),
    reachable: s.count(REACHABLE),
    consents: s.object(STATES, "Consents by state."),
    templates: s.list(
      s.object(
        {
          templateId: TEMPLATE_ID,
          pools: s.count("Users with anything for this template."),
          reachable: s.count(REACHABLE),
          consents: s.object(STATES, "Consents by state."),
          oldest: OLDEST,
          newest: NEWEST,
        },
        "A template.",
      ),
      "The same for each template.",
    ),
    perUser: s.list(
      s.object({ consents: s.count("How many valid consents."), users: s.count("Users.") }, "A class."),
      "Users by how many valid consents of a template they have.",
    ),
    byAge: s.list(
      s.object(
        {
          underDays: s.nullable(s.count("Younger than this many days; null: older than all of those above.")),
          consents: s.count("Valid consents and standing rights."),
        },
        "A class of ages.",
      ),
      "Consents by age.",
    ),
    passedOver: PASSED_OVER,
  },
  "All consents in numbers.",
);

export const consentExportLine = s.object(
  {
    openId: s.text("The user."),
    templateId: TEMPLATE_ID,
    consent: s.optional(s.text("The id of the consent.")),
    at: s.optional(s.number("When it was given, in milliseconds since 1970.")),
    standing: s.optional(s.yes("A message does not use it up.")),
    raw: s.optional(s.text("Instead of a consent: an entry as it is, where its bytes are UTF-8.")),
    rawBase64: s.optional(s.text("Instead of a consent: the bytes of an entry in base64.")),
  },
  "A consent, or an entry byte for byte; `pool import` reads both.",
);
