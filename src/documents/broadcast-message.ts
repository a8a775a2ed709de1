import * as s from "./define.ts";

const FIELD = s.object(
  {
    name: s.text("As the platform names it: keyword1, thing1."),
    label: s.optional(s.text("As the user sees it.")),
    values: s.optional(s.list(s.text("A value."), "The only values that it takes.")),
    value: s.text("The value; may hold {{column}}."),
  },
  "A field of the message.",
);

const MESSAGE_VARIANTS = s.object(
  {
    seed: s.text("What users are drawn by, together with their openIds."),
    list: s.list(
      s.object(
        {
          name: s.text("The variant."),
          share: s.number("Its share of the recipients, from 0 to 1."),
          fields: s.list(FIELD, "Its texts, in the order in which the user sees them."),
        },
        "One variant.",
      ),
      "In the order in which they were given.",
    ),
  },
  "Each recipient gets the texts of one of these; `fields` are those of the first.",
);

/** What `broadcast show` tells of the message. */
export const MESSAGE = s.object(
  {
    templateId: s.text("The template."),
    title: s.optional(s.text("The title of the template, where it is known.")),
    fields: s.list(FIELD, "In the order in which the user sees them."),
    page: s.optional(s.text("The page that the message opens.")),
    withoutPool: s.optional(s.flag("No permission is claimed for it.")),
    columns: s.optional(s.list(s.text("A column."), "Columns of the recipients' rows that its texts name.")),
    variants: s.optional(MESSAGE_VARIANTS),
    options: s.optional(
      s.map(s.text("The value of an option."), "What only this channel has, such as lang."),
    ),
    keywords: s.list(s.text("A value."), "The values of `fields` alone."),
    emphasis: s.optional(s.integer("The field that is shown large, from 1 on.")),
  },
  "What every recipient gets.",
);
