import type { Command, Option } from "commander";
import { TOKEN_STORES } from "../config/token-store.ts";
import { TOPICS } from "../help/topics.ts";
import { ExampledCommand } from "./command.ts";
import type { RunAction } from "./deps.ts";
import { registerHelp } from "./help.ts";
import { globalOptionsHint, HELP_LAYOUT } from "./help-layout.ts";
import { NOUNS } from "./nouns.ts";
import { addOutputOptions, type OutputFlags } from "./output-flags.ts";
import { suggestingOption } from "./suggest.ts";

/** Options that every command takes. */
export interface GlobalOptions extends OutputFlags {
  quiet?: boolean;
  /** Questions are answered with yes. */
  yes?: boolean;
  /** False with --no-input: nothing is asked. */
  input: boolean;
  verbose?: boolean;
  debug?: boolean;
  logFile?: string;
  logLevel?: string;
  auditLog?: string;
  redisUrl?: string;
  redisCa?: string;
  redisCert?: string;
  redisKey?: string;
  redisServername?: string;
  channel?: string;
  apiBase?: string;
  apiCa?: string;
  proxy?: string;
  keyPrefix?: string;
  poolPrefix?: string;
  poolKey?: string;
  poolKeys?: string;
  tokenMode?: string;
  tokenStore?: string;
  consentCap?: string;
  consentMaxAge?: string;
  profile?: string;
  config?: string;
}

const EXAMPLES = `
Examples:
  # see all of it happen, on a Redis of its own
  $ push-cli demo
  # whose codes expire first
  $ push-cli pool list --sort expiry --limit 10
  # what a broadcast would do, then do it: it asks first
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords "a,b,c"
  # remove expired codes, from cron
  $ push-cli purge --quiet

Settings come from flags, PUSH_CLI_* variables and push-cli.config.json.
Options of a command: push-cli <command> --help`;

/** The end of the help of all. */
function listTopics(): string {
  const width = Math.max(...TOPICS.map(({ name }) => name.length));
  const lines = TOPICS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `\nPages of the manual, by push-cli help <page>:\n${lines.join("\n")}`;
}

/**
 * The command tree; `run` wraps what the commands do. With `words`, those of a command line, only the commands that these
 * name are there with all that they have: of the others their names.
 */
export async function buildProgram(
  version: string,
  run: RunAction,
  words?: readonly string[],
): Promise<Command> {
  const program = new ExampledCommand("push-cli")
    .description("Operate the push-code (formId) pools of a mini program and broadcast template messages.")
    .version(version, "-V, --version", "print the version");
  addOutputOptions(program)
    .option("-q, --quiet", "suppress progress and informational messages; errors stay")
    .option("-y, --yes", "answer every question with yes")
    .option("--no-input", "never ask: what would need an answer is refused");
  addLogOptions(program)
    .option(
      "--redis-url <url>",
      "redis://, rediss://, unix://, redis+cluster:// or redis+sentinel:// (a password belongs into PUSH_CLI_REDIS_URL)",
    )
    .option("--redis-ca <file>", "certificate of the CA that signed the Redis' own (PEM), for rediss://")
    .option("--redis-cert <file>", "our certificate (PEM), for a Redis that wants one")
    .option("--redis-key <file>", "the key of that certificate (PEM)")
    .option("--redis-servername <name>", "name in the Redis' certificate, when it is not the URL's host")
    .option(
      "--channel <name>",
      "platform and kind of message (default: wechat-template); see push-cli channels",
    )
    .option("--api-base <url>", "API to send through; a WeChat compatible one or the sandbox")
    .option("--api-ca <file>", "certificate of a CA to trust for the API and the proxy, too (PEM)")
    .option(
      "--proxy <url>",
      "proxy to the API, none: without one (default: HTTPS_PROXY, HTTP_PROXY, NO_PROXY); a password belongs into PUSH_CLI_PROXY",
    )
    .option("--key-prefix <prefix>", "of push-cli's own keys (default: mina:)")
    .option("--pool-prefix <prefix>", "of the pools (default: <key prefix>openid:)")
    .option("--pool-key <key>", "a pool's whole key instead, with a % for the openId: 'pool:{%}'")
    .addOption(
      suggestingOption(
        "--pool-keys <form>",
        "plain: text; java: serialized, as RedisTemplate does unless told otherwise",
        ["plain", "java"],
      ),
    )
    .addOption(tokenMode())
    .addOption(tokenStore())
    .option("--consent-cap <n>", "consents of a template that import lets a user have (default: any number)")
    .option("--consent-max-age <time>", "older consents count as expired: 180d (default: they never do)")
    .option("--profile <name>", "profile of the configuration file")
    .option("--config <file>", "configuration file")
    .configureHelp(HELP_LAYOUT)
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  program.addHelpText("afterAll", ({ command }) =>
    command === program ? listTopics() : globalOptionsHint(program),
  );
  for (const { name, description, load } of NOUNS) {
    const command = program.command(name).description(description);
    if (!words || words.includes(name)) (await load())(command, run);
  }
  registerHelp(program, run, () => buildProgram(version, run));
  return program;
}

function tokenMode(): Option {
  return suggestingOption("--token-mode <mode>", "stable: /cgi-bin/stable_token, basic: /cgi-bin/token", [
    "stable",
    "basic",
  ]);
}

function tokenStore(): Option {
  return suggestingOption(
    "--token-store <store>",
    "whose access token in Redis to share (default: push-cli); see push-cli help tokens",
    TOKEN_STORES,
  );
}

function addLogOptions(program: Command): Command {
  return program
    .option("--verbose", "say on stderr what is decided: settings, Redis, token, sweeps, rates, retries")
    .option("--debug", "also each Redis command and HTTP exchange, secrets left out; stack traces")
    .option("--log-file <file>", "append all of that to a file, as NDJSON, whatever the terminal shows")
    .addOption(
      suggestingOption("--log-level <level>", "of that file: debug (default), info, warn", [
        "debug",
        "info",
        "warn",
      ]),
    )
    .option("--audit-log <file>", "append who changed or sent what, and how it ended, as NDJSON");
}
