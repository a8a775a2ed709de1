import * as s from "./define.ts";

/** The documents of the access token, templates, channels and the collector. */

export const tokenShown = s.object(
  {
    appid: s.text("The mini program."),
    token: s.text("The token, of which the beginning is shown."),
    expiresAt: s.nullable(
      s.time("When it is renewed, before the platform's own expiry; null where the key has no TTL."),
    ),
    source: s.oneOf(["store", "api"], "From Redis, or just fetched."),
    store: s.text("Whose token it is, as --token-store says it."),
    key: s.text("The key in Redis."),
  },
  "The access token.",
);

export const tokenPlan = s.object(
  {
    dryRun: s.yes("Nothing was fetched, and nothing changed."),
    appid: s.text("The mini program."),
    store: s.text("Whose token it is, as --token-store says it."),
    key: s.text("The key in Redis."),
    lock: s.text("The lock under which it would be replaced."),
    mode: s.oneOf(["stable", "basic"], "How a token would be asked for."),
    action: s.oneOf(["keep", "fetch", "replace"], "Keep the stored one, fetch one, or replace a good one."),
    token: s.nullable(s.text("The beginning of what is stored now.")),
    expiresAt: s.nullable(s.time("When that is renewed; null where nothing is stored, or without a TTL.")),
    ends: s.oneOf(["never", "at-once", "in-5-minutes"], "When the token in use would come to its end."),
  },
  "What refreshing the token would do.",
);

const TEMPLATE_FIELD = s.object(
  {
    name: s.text("As the platform names it: keyword1, thing1."),
    label: s.optional(s.text("As the user sees it.")),
    values: s.optional(s.list(s.text("A value."), "The only values that it takes.")),
    example: s.optional(s.text("What the platform shows as an example.")),
    takes: s.optional(s.text("What may stand in it, in words.")),
  },
  "A field.",
);

const TEMPLATE = {
  id: s.text("The id of the template."),
  title: s.text("Its title."),
  kind: s.oneOf(["one-time", "long-term", "device", "unknown"], "What consents for it are good for."),
  fields: s.list(TEMPLATE_FIELD, "In the order in which the user sees them."),
};

const DOUBT = s.optional(s.text("Why this may not be what the platform says now, and how old it is."));

export const templateList = s.object(
  { templates: s.list(s.object(TEMPLATE, "A template."), "The templates of the account."), doubt: DOUBT },
  "The templates of the account.",
);

export const templateShown = s.object(
  { ...TEMPLATE, sample: s.text("A command line that would send its examples."), doubt: DOUBT },
  "One template.",
);

const CHANNEL = s.object(
  {
    name: s.text("As --channel takes it."),
    platform: s.text("The platform."),
    title: s.text("The kind of message in words."),
    permission: s.oneOf(["code", "consent", "none"], "What a message spends."),
    repeat: s.oneOf(
      ["by_code", "always", "same_day", "ten_minutes", "never"],
      "Whether a send may be repeated after an attempt with an unknown outcome.",
    ),
    guarantee: s.text("What is guaranteed to recipients."),
    delivers: s.object(
      {
        today: s.oneOf(["yes", "no", "not confirmed"], "Whether the platform is known to deliver."),
        asOf: s.text("The day of that knowledge."),
        note: s.text("How that is known."),
      },
      "Whether messages arrive today.",
    ),
    needs: s.list(s.text("A need."), "What one needs for it."),
    limits: s.list(s.text("A limit."), "What the platform limits."),
    messageOptions: s.list(
      s.oneOf(
        [
          "emphasis",
          "field",
          "lang",
          "miniprogramState",
          "truncate",
          "preflight",
          "oacAppid",
          "url",
          "miniprogramAppid",
        ],
        "An option.",
      ),
      "Options that not every channel's messages have.",
    ),
    apiBase: s.text("The API that it goes through unless --api-base says otherwise."),
    credential: s.optional(
      s.text("The setting with the secret that the platform wants, where it is not the appsecret."),
    ),
    poolPrefix: s.text("The prefix of its pools, behind the key prefix."),
    receipts: s.optional(s.yes("The platform tells later what became of a message.")),
    codeUses: s.optional(s.number("Messages that the code of a form brings, where that is more than one.")),
    startRate: s.optional(s.number("Messages per second that it begins with.")),
    chosen: s.flag("Whether the settings choose it."),
  },
  "A channel.",
);

export const channelList = s.object(
  { channels: s.list(CHANNEL, "The channels.") },
  "Platforms and kinds of messages.",
);

export const collectorChecked = s.object(
  {
    ok: s.flag("Whether nothing is missing or wrong."),
    checks: s.list(
      s.object(
        {
          name: s.text("What was checked."),
          state: s.oneOf(
            ["ok", "off", "missing", "wrong"],
            "The result; `off`: not asked for, and not needed.",
          ),
          from: s.optional(s.text("Where the setting was given.")),
          what: s.text("What it is for."),
          problem: s.optional(s.text("What is missing or wrong.")),
          hint: s.optional(s.text("What to do about it.")),
        },
        "A check.",
      ),
      "All checks.",
    ),
  },
  "Whether a collector is set up.",
);

export const collectorLogLine = s.object(
  {
    at: s.time("When it happened."),
    level: s.oneOf(["info", "warn", "error"], "How bad it is."),
    event: s.oneOf(
      [
        "started",
        "request",
        "bad_http",
        "accept",
        "login",
        "forward",
        "redis",
        "defect",
        "log_dropped",
        "stopping",
        "stopped",
      ],
      "What happened.",
    ),
    address: s.optional(s.text("Of started: where it listens.")),
    routes: s.optional(s.list(s.text("A path."), "Of started: what is open.")),
    route: s.optional(s.text("Of request: the route.")),
    method: s.optional(s.text("Of request: the method.")),
    status: s.optional(s.integer("Of request: the status of the answer; 499 if the client left before it.")),
    ms: s.optional(s.number("Of request: how long it took, in milliseconds.")),
    user: s.optional(s.text("Of request: the openId, shortened unless --full-openids.")),
    code: s.optional(s.text("Of request, bad_http: the code of the refusal.")),
    callback: s.optional(s.text("Of request: the kind of event that the platform sent.")),
    taken: s.optional(s.count("Of request: codes or consents that were added.")),
    known: s.optional(s.count("Of request: codes that were there already.")),
    refused: s.optional(s.count("Of request: codes that were refused.")),
    templates: s.optional(s.count("Of request: templates that the report named.")),
    problem: s.optional(s.text("Of login, bad_http: what was wrong.")),
    message: s.optional(s.text("Of failures: what went wrong.")),
    lines: s.optional(s.count("Of log_dropped: lines that were lost because stdout was not read.")),
    signal: s.optional(s.text("Of stopping: the signal that ends it.")),
  },
  "One thing that happened to the collector.",
);
