import { type Command, Option } from "commander";
import { messageOf } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { CollectorNeeds, Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { openLog } from "./log.ts";
import { parseStart, type StartFlags } from "./options.ts";
import { openRoutes } from "./routes.ts";
import { requireSecrets, type Secrets } from "./secrets.ts";

export const START_EXAMPLES = `
Secrets come from the environment, from files (PUSH_CLI_COLLECTOR_SECRET_FILE)
or from push-cli.config.json; push-cli collector check shows what is set.
The log is written to stdout as JSON lines. SIGTERM stops the collector after
the requests in progress.

Examples:
  $ export PUSH_CLI_COLLECTOR_SECRET=$(openssl rand -base64 48)
  $ push-cli collector
  # Also accept the platform's events; forward the others to the backend
  $ export PUSH_CLI_CALLBACK_TOKEN=<Token of the console>
  $ push-cli collector --forward http://127.0.0.1:3000/wechat
  # Run in WeChat's cloud hosting, whose gateway identifies the user
  $ push-cli collector --listen 0.0.0.0:80 --behind-gateway \\
      --trust-openid-header X-WX-OPENID --cloud-hosting
  $ push-cli collector check --url https://collect.example.com`;

export function registerCollectorStart(collector: Command, run: RunAction): Command {
  return collector
    .command("start", { isDefault: true })
    .description("Accept codes, consents and platform events over HTTP and store them in pools")
    .option("--listen <address>", "Address to listen on: host:port or unix:/path", "127.0.0.1:8787")
    .addOption(
      new Option("--consents <source>", "Sources of consents to count: both, events or reports")
        .choices(["both", "events", "reports"])
        .default("both"),
    )
    .option(
      "--trust-openid-header <name>",
      "Take the user's openId from this header, set by a gateway, instead of sessions",
    )
    .option("--behind-gateway", "Confirm that only a gateway can reach the address")
    .option("--cloud-hosting", "Accept the unsigned events of WeChat's cloud hosting")
    .option("--forward <url>", "Forward all other events to this URL, and relay its responses")
    .option("--codes-per-user <n>", "Maximum valid codes per user; the newest are kept", "100")
    .option("--requests-per-minute <n>", "Maximum requests per user and minute", "60")
    .option("--long-term <ids>", "Templates whose consents are standing, separated by commas")
    .option("--session-life <duration>", "Lifetime of the sessions that /login issues, at most 31d", "3d")
    .option("--full-openids", "Log full openIds")
    .addHelpText("after", START_EXAMPLES)
    .action(run(startCollecting));
}

async function startCollecting(deps: Deps, flags: StartFlags): Promise<ExitName> {
  const { out, clock } = deps;
  const needs = parseStart(flags);
  const secrets = requireSecrets(await deps.settings(), needs);
  warnOfDeafness(deps, needs, secrets);
  const log = openLog(out, () => clock.now());
  // From before it listens: whoever is told to end in the middle of that must not go on.
  const interrupt = stopAtSignal(deps);
  const stopped = new Promise((resolve) => interrupt.signal.addEventListener("abort", resolve));
  const write = (event: string, fields: Record<string, unknown>) =>
    log.write({ at: new Date(clock.now()).toISOString(), level: "info", event, ...fields });
  const collector = await deps.collector(needs, secrets, log.write);
  const { address } = collector;
  write("started", { address, routes: openRoutes(needs, secrets, collector.hasLogin) });
  out.talk(`listening on ${address}; press Ctrl-C to stop`);
  void collector.ping().catch((error: unknown) => {
    out.warn(`warning: ${messageOf(error)}; reports get a 503 response until Redis is reachable`);
  });
  await stopped;
  write("stopping", { signal: interrupt.exit });
  await collector.stop();
  write("stopped", {});
  await log.flushed();
  // What service managers send to end a service is no failure of it.
  return interrupt.exit === "sigterm" ? "done" : (interrupt.exit ?? "done");
}

/** Consents that nobody is believed about. */
function warnOfDeafness(
  { out }: Deps,
  { consents, trustHeader, cloudHosting }: CollectorNeeds,
  secrets: Secrets,
) {
  const hasEvents = secrets.callbackToken !== undefined || cloudHosting;
  const hasReports = secrets.collectorSecret !== undefined || trustHeader !== undefined;
  if (consents === "events" && !hasEvents)
    out.warn("warning: --consents events without a callback: no consent will be counted");
  if (consents === "reports" && !hasReports)
    out.warn("warning: --consents reports without sessions: no consent will be counted");
}
