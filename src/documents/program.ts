import * as s from "./define.ts";

/** The documents that tell of push-cli itself, and errors. */

export const failure = s.object(
  {
    error: s.object(
      {
        code: s.text("The kind of error, the `name` of an exit code in `help exit-codes --json`."),
        message: s.text("What went wrong."),
        details: s.optional(s.list(s.text("A fault."), "One entry for each of several faults.")),
        hint: s.optional(s.text("What to do about it.")),
      },
      "The error.",
    ),
  },
  "An error, on stderr; a line without line breaks.",
);

const ARGUMENT = s.object(
  {
    name: s.text("Its name."),
    description: s.text("What it is."),
    required: s.flag("Whether it has to be given."),
    variadic: s.flag("Whether there may be several."),
    choices: s.nullable(s.list(s.text("A value."), "The values that it takes, where they are limited.")),
  },
  "An argument.",
);

const OPTION = s.object(
  {
    flags: s.text("As the help shows it."),
    long: s.nullable(s.text("The long form, with its dashes.")),
    short: s.nullable(s.text("The short form, with its dash.")),
    value: s.nullable(s.text("What stands for its value in the help; null where it takes none.")),
    description: s.text("What it does."),
    required: s.flag("Whether it has to be given."),
    variadic: s.flag("Whether it takes several values."),
    choices: s.nullable(s.list(s.text("A value."), "The usual values, where there are such.")),
    default: s.anything("The value without it; null where there is none."),
  },
  "An option.",
);

export const commandTree = s.object(
  {
    name: s.text("The name of the command."),
    path: s.text("The command as it is typed, from push-cli on."),
    usage: s.text("The line that the help begins with."),
    description: s.text("What it does."),
    default: s.flag("Whether its noun alone stands for it."),
    arguments: s.list(ARGUMENT, "Its arguments in order."),
    options: s.list(OPTION, "Its own options; those of push-cli itself go with every command."),
    commands: s.list(s.itself("A command below this one."), "The commands below it."),
  },
  "A command with all commands below it.",
);

export const manualPage = s.object(
  {
    topic: s.text("The name of the page."),
    title: s.text("Its title."),
    markdown: s.text("The page, as Markdown."),
  },
  "A page of the manual.",
);

export const exitCodes = s.list(
  s.object(
    {
      code: s.count("The exit code."),
      name: s.text("Its name, as errors have it in `error.code`."),
      meaning: s.text("What it means."),
    },
    "An exit code.",
  ),
  "The exit codes.",
);

export const schemaList = s.object(
  {
    documents: s.list(
      s.object(
        {
          name: s.text("As push-cli schema takes it."),
          version: s.count("Raised when a field goes away, or changes its type or meaning."),
          form: s.oneOf(["document", "lines"], "One document, or one per line (NDJSON)."),
          title: s.text("What it is."),
          commands: s.list(s.text("A command."), "The commands that print it with --json."),
        },
        "A document.",
      ),
      "All documents.",
    ),
  },
  "The documents that have a schema.",
);

export const completionScript = s.object(
  { shell: s.text("The shell."), script: s.text("The script that completes command lines in it.") },
  "A completion script.",
);

export const claimScript = s.object(
  {
    name: s.text("The name of the script."),
    sha1: s.text("Of the source, in hex, as EVALSHA takes it."),
    source: s.text("The script."),
    header: s.text("Purpose, KEYS, ARGV and returns."),
    examples: s.object(
      {
        java: s.text("In Java."),
        php: s.text("In PHP."),
        python: s.text("In Python."),
        go: s.text("In Go."),
        node: s.text("In JavaScript, for Node."),
      },
      "A whole program that calls it, in each language.",
    ),
  },
  "The script that takes a user's next code.",
);

export const sandboxStarted = s.object(
  {
    url: s.text("Where the sandbox listens, for --api-base."),
    appid: s.text("The appid that it accepts."),
    stats: s.text("Where its counters are."),
  },
  "A sandbox that has started.",
);

export const demoPlayed = s.object(
  {
    users: s.count("Users of the demo."),
    entries: s.count("Entries in their pools."),
    steps: s.list(
      s.object(
        {
          say: s.text("What the step shows."),
          argv: s.list(s.text("A word."), "The words of the command line."),
          exitCode: s.nullable(s.count("Its exit code; null where it was killed.")),
          documents: s.list(s.anything("A document."), "What it printed with --json."),
        },
        "A command.",
      ),
      "The commands that were run.",
    ),
    delivered: s.count("Template messages that the sandbox delivered."),
    deliveredTo: s.count("Users who got one."),
    maxPerUser: s.count("The most that any user got: 1."),
    subscribeDelivered: s.count("Subscribe messages that the sandbox delivered."),
  },
  "A demo that was played.",
);
