import type { Command } from "commander";
import type { RunAction } from "./deps.ts";

/** A word that stands first on the command line, and the command behind it. */
export interface Noun {
  name: string;
  description: string;
  /** The heading in the help that it stands under. */
  group: string;
  /** Loads what adds the noun's options, verbs and action to its command. */
  load(): Promise<(command: Command, run: RunAction) => void>;
}

const COMMANDS = "Commands:";
/** Commands of set-up and trial; `help` is one of them. */
export const TOOLS = "Setup and tools:";

/** In the order of the help. Each is loaded by a command line that names it, because all of them take longer than the help does. */
export const NOUNS: readonly Noun[] = [
  {
    name: "broadcast",
    description: "Send template messages and manage broadcasts",
    group: COMMANDS,
    load: async () => (await import("./broadcast/broadcast.ts")).registerBroadcast,
  },
  {
    name: "pool",
    description: "Show, fill and clean up pools of push codes",
    group: COMMANDS,
    load: async () => (await import("./pool/pool.ts")).registerPool,
  },
  {
    name: "purge",
    description: "Remove expired codes from all pools",
    group: COMMANDS,
    load: async () => (await import("./purge.ts")).registerPurge,
  },
  {
    name: "suppress",
    description: "Manage the list of users who are never messaged",
    group: COMMANDS,
    load: async () => (await import("./suppress/suppress.ts")).registerSuppress,
  },
  {
    name: "template",
    description: "List the account's templates and their fields",
    group: COMMANDS,
    load: async () => (await import("./template/template.ts")).registerTemplate,
  },
  {
    name: "token",
    description: "Show or refresh the shared access token",
    group: COMMANDS,
    load: async () => (await import("./token/token.ts")).registerToken,
  },
  {
    name: "collector",
    description: "Run the HTTP server that fills the pools",
    group: COMMANDS,
    load: async () => (await import("./collector/collector.ts")).registerCollector,
  },
  {
    name: "doctor",
    description: "Check settings, Redis, pools, API, token and quota",
    group: COMMANDS,
    load: async () => (await import("./doctor/doctor.ts")).registerDoctor,
  },
  {
    name: "init",
    description: "Create a configuration file interactively",
    group: TOOLS,
    load: async () => (await import("./init.ts")).registerInit,
  },
  {
    name: "config",
    description: "Show and check the effective settings",
    group: TOOLS,
    load: async () => (await import("./config/config.ts")).registerConfig,
  },
  {
    name: "channels",
    description: "List platforms, message types and guarantees",
    group: TOOLS,
    load: async () => (await import("./channels.ts")).registerChannels,
  },
  {
    name: "script",
    description: "Print Lua scripts that claim codes",
    group: TOOLS,
    load: async () => (await import("./script/script.ts")).registerScript,
  },
  {
    name: "sandbox",
    description: "Run a local simulator of the WeChat API",
    group: TOOLS,
    load: async () => (await import("./sandbox.ts")).registerSandbox,
  },
  {
    name: "demo",
    description: "See everything at work, with a simulated API",
    group: TOOLS,
    load: async () => (await import("./demo.ts")).registerDemo,
  },
  {
    name: "schema",
    description: "Print the JSON Schemas of the --json output",
    group: TOOLS,
    load: async () => (await import("./schema.ts")).registerSchema,
  },
  {
    name: "completion",
    description: "Print a shell completion script",
    group: TOOLS,
    load: async () => (await import("./completion/completion.ts")).registerCompletion,
  },
];
