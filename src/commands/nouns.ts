import type { Command } from "commander";
import type { RunAction } from "./deps.ts";

/** A word that stands first on the command line, and what it leads to. */
export interface Noun {
  name: string;
  description: string;
  /** Loads what adds the noun's options, verbs and action to its command. */
  load(): Promise<(command: Command, run: RunAction) => void>;
}

/** In the order of the help. Each is loaded by a command line that names it, because all of them take longer than the help does. */
export const NOUNS: readonly Noun[] = [
  {
    name: "broadcast",
    description: "send a template message to every user with a valid code, each at most once",
    load: async () => (await import("./broadcast/broadcast.ts")).registerBroadcast,
  },
  {
    name: "pool",
    description: "look into the per-user pools of push codes",
    load: async () => (await import("./pool/pool.ts")).registerPool,
  },
  {
    name: "purge",
    description: "remove expired codes from all pools; everything else stays byte for byte",
    load: async () => (await import("./purge.ts")).registerPurge,
  },
  {
    name: "token",
    description: "the access token, shared with the backend through Redis",
    load: async () => (await import("./token/token.ts")).registerToken,
  },
  {
    name: "template",
    description: "the account's templates: what fields they have, and what those take",
    load: async () => (await import("./template/template.ts")).registerTemplate,
  },
  {
    name: "channels",
    description: "the platforms and kinds of messages there are, and what each guarantees",
    load: async () => (await import("./channels.ts")).registerChannels,
  },
  {
    name: "script",
    description: "Lua scripts for backends that take codes off the pools themselves",
    load: async () => (await import("./script/script.ts")).registerScript,
  },
  {
    name: "collector",
    description: "an HTTP server that fills the pools: codes and consents of clients, events of the platform",
    load: async () => (await import("./collector/collector.ts")).registerCollector,
  },
  {
    name: "doctor",
    description: "check settings, Redis, pools, API, token, quota, templates and collector; changes nothing",
    load: async () => (await import("./doctor/doctor.ts")).registerDoctor,
  },
  {
    name: "init",
    description: "write a first configuration file, by asking",
    load: async () => (await import("./init.ts")).registerInit,
  },
  {
    name: "config",
    description: "the settings: what counts and why, what is wrong with them, where they are",
    load: async () => (await import("./config/config.ts")).registerConfig,
  },
  {
    name: "sandbox",
    description:
      "a simulator of the WeChat API on this machine, to try things out; appid wx-sandbox, secret sandbox-secret",
    load: async () => (await import("./sandbox.ts")).registerSandbox,
  },
  {
    name: "demo",
    description: "see it all happen, a killed broadcast and its resume too, on a Redis and an API of its own",
    load: async () => (await import("./demo.ts")).registerDemo,
  },
  {
    name: "schema",
    description: "JSON Schemas of everything that --json prints",
    load: async () => (await import("./schema.ts")).registerSchema,
  },
  {
    name: "completion",
    description: "a script that lets your shell complete commands, options and values",
    load: async () => (await import("./completion/completion.ts")).registerCompletion,
  },
];
