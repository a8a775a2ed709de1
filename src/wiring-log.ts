import type { Command } from "commander";
import type { Clock } from "./clock.ts";
import { isAudited } from "./commands/audited.ts";
import type { GlobalOptions } from "./commands/program.ts";
import { redactUrl, redactUrls } from "./config/redact-url.ts";
import { redactWords } from "./config/redact-words.ts";
import { secretsOf } from "./config/secret-values.ts";
import { SECRET_KEYS, SETTINGS } from "./config/setting-keys.ts";
import type { Settings } from "./config/settings.ts";
import { usageError } from "./errors.ts";
import { exitCode } from "./exit-codes.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import type { AuditTrail } from "./output/audit-log.ts";
import type { Io } from "./output/io.ts";
import type { Log } from "./output/log.ts";
import type { Output } from "./output/output.ts";

/** The signals that end a command, and the names of their exit codes. */
export const SIGNAL_NAMES = { SIGINT: "sigint", SIGTERM: "sigterm", SIGHUP: "sighup" } as const;

/** The log that the flags ask for; undefined when they ask for none. Rejects with a usage error when it can't be. */
export async function openLogOf(
  { verbose, debug, logFile, logLevel }: GlobalOptions,
  io: Pick<Io, "cwd" | "env">,
  out: Pick<Output, "trace" | "warn">,
  clock: Pick<Clock, "now">,
): Promise<Log | undefined> {
  const level = parseLevel(logLevel);
  if (level !== undefined && logFile === undefined)
    throw usageError(`--log-level ${level} is of a log file`, "name it with --log-file");
  const shown: LogLevel | undefined = debug ? "debug" : verbose ? "info" : undefined;
  if (shown === undefined && logFile === undefined) return undefined;
  const { openProgramLog, pathOfLog } = await import("./output/log.ts");
  const log = await openProgramLog({
    shown: shown && { level: shown, say: out.trace },
    file: logFile === undefined ? undefined : { path: pathOfLog(logFile, io.cwd), level: level ?? "debug" },
    redact: redactUrls,
    warn: out.warn,
    now: () => clock.now(),
  });
  // Before the settings are known, for a command line that has one of them in it.
  for (const key of SECRET_KEYS) {
    const secret = io.env[SETTINGS[key].env];
    if (secret) log?.hide(secret);
  }
  return log;
}

function parseLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined;
  const level = LOG_LEVELS.find((each) => each === text);
  if (level) return level;
  throw usageError(`--log-level: "${text}" is no level`, `the levels are ${LOG_LEVELS.join(", ")}`);
}

/** The trail of a command that the audit log tells of; undefined for one that only reads. */
export async function auditOf(
  command: Command,
  words: readonly string[],
  { io, version, clock }: { io: Pick<Io, "user" | "self">; version: string; clock: Clock },
): Promise<AuditTrail | undefined> {
  if (!isAudited(command)) return undefined;
  const { createAuditTrail } = await import("./output/audit-log.ts");
  const { host, pid } = io.self;
  const dryRun = command.opts<{ dryRun?: boolean }>().dryRun === true;
  const facts = {
    user: io.user,
    host,
    pid,
    version,
    command: redactWords(words),
    dryRun,
  };
  return createAuditTrail(facts, clock, exitCode);
}

/** To be called once the settings are known: the log learns what to hide, and the audit log gets its first line. */
export function noteSettings(
  settings: Settings,
  { log, audit }: { log?: Log | undefined; audit?: AuditTrail | undefined },
): void {
  const { auditLog, profile, redisUrl, channel, apiBase, appid, configFiles } = settings;
  if (log) for (const secret of secretsOf(settings)) log.hide(secret);
  const files = configFiles.read.map((path) => `"${path}"`).join(" and ");
  log?.info(
    "settings",
    `${files === "" ? "no configuration file" : `read ${files}`}, ${profile === undefined ? "no profile" : `profile ${profile}`}, channel ${channel}, API ${apiBase}, Redis ${redactUrl(redisUrl)}, appid ${appid ?? "(none)"}`,
    {
      files: configFiles.read,
      profile,
      channel,
      apiBase,
      redis: redactUrl(redisUrl),
      appid,
      sources: settings.sources,
    },
  );
  if (auditLog !== undefined)
    audit?.begin(auditLog, { profile, redis: redactUrl(redisUrl), channel, api: apiBase, appid });
}
