import * as s from "./define.ts";

/** The documents of doctor, config and init. */

export const doctorChecks = s.object(
  {
    ok: s.flag("Whether no check has failed."),
    checks: s.list(
      s.object(
        {
          group: s.oneOf(
            ["settings", "redis", "pools", "api", "token", "quota", "templates", "collector"],
            "What it belongs to.",
          ),
          name: s.text("What was checked."),
          state: s.oneOf(["passed", "warning", "failed", "skipped"], "How it went."),
          found: s.text("What was found."),
          remedy: s.optional(s.text("What to do about it.")),
          ms: s.optional(s.number("How long it took, in milliseconds.")),
        },
        "A check.",
      ),
      "All checks, group by group.",
    ),
  },
  "What doctor has found.",
);

/** Where a value was given; lines and columns count from 1. */
const ORIGIN = {
  source: s.oneOf(["flag", "env", "file", "default"], "What kind of place gives it."),
  from: s.text("The flag, variable or key that gives it."),
  file: s.optional(s.text("The configuration file.")),
  line: s.optional(s.count("The line there.")),
  column: s.optional(s.count("The column there.")),
};

export const configShown = s.object(
  {
    profile: s.nullable(
      s.object(
        { name: s.text("Its name."), production: s.flag("Whether it is marked as production."), ...ORIGIN },
        "The profile.",
      ),
    ),
    files: s.list(s.text("A path."), "The files that were read."),
    settings: s.list(
      s.object(
        {
          key: s.text("As a configuration file has it."),
          value: s.nullable(s.text("What counts; null where nothing is set, and for secrets.")),
          secret: s.flag("Whether it is a secret, which is never shown."),
          ...ORIGIN,
          profile: s.optional(s.text("The profile in whose section it stands.")),
        },
        "A setting.",
      ),
      "All settings.",
    ),
  },
  "The settings that count.",
);

export const configChecked = s.object(
  {
    ok: s.flag("Whether there is no error."),
    files: s.list(s.text("A path."), "The files that were read."),
    problems: s.list(
      s.object(
        {
          severity: s.oneOf(["error", "warning"], "Whether commands refuse to run with it."),
          file: s.optional(s.text("The configuration file.")),
          line: s.optional(s.count("The line there, from 1.")),
          column: s.optional(s.count("The column there, from 1.")),
          problem: s.text("What is wrong."),
          fix: s.optional(s.text("What to write instead.")),
        },
        "A problem.",
      ),
      "What is wrong.",
    ),
  },
  "What is wrong with the settings.",
);

export const configPaths = s.object(
  {
    files: s.list(
      s.object(
        {
          file: s.text("The path."),
          kind: s.text("Whose file it is, or what names it."),
          found: s.flag("Whether it is read."),
          problem: s.optional(s.text("Why not.")),
        },
        "A place.",
      ),
      "Where configuration files are looked for, the one that counts first.",
    ),
  },
  "Where configuration files are looked for.",
);

export const initialised = s.object(
  {
    path: s.text("The file that was written."),
    profile: s.text("The profile in it."),
    next: s.list(s.text("A command line."), "What to run next."),
  },
  "A configuration file that was written.",
);
