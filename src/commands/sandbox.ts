import { type Command, Option } from "commander";
import { parseCount, parseDuration } from "../config/durations.ts";
import { usageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { CallbackOptions } from "../sandbox/sandbox.ts";
import type { Deps, RunAction } from "./deps.ts";

interface SandboxFlags {
  port: string;
  fault?: string[];
  outage?: string;
  acceptAny?: boolean;
  overlap?: boolean;
  callback?: string;
  callbackToken: string;
  callbackKey?: string;
  callbackFormat: "json" | "xml";
  callbackDelay: string;
  latency?: string;
  seed?: string;
}

const MAX_DELAY_MS = 3_600_000;

const EXAMPLES = `
Fault kinds, each with a percentage of sends: busy, busy-delivered, 5xx,
5xx-after, reset, reset-after, slow, garbage, garbage-after, truncated,
token-expiry, minute-quota, day-quota, withdrawn, unlisted, later, errcode-<n>.

An outage starts a time after the first request (10s) or after a number of sends
(1000). Its kind is 502 (default), html (a captive portal), garbage, busy,
reset, silent or refuse; token-<kind> affects only the token endpoints.

Subscribe messages: GET /wxaapi/newtmpl/gettemplate lists the templates, POST
/sandbox/consents grants consents; the page at / lists all such calls.

Examples:
  $ push-cli sandbox --accept-any --port 8077
  $ push-cli sandbox --accept-any --fault busy:5 --fault reset-after:1
  $ push-cli sandbox --accept-any --outage 1000:60s:reset
  $ curl http://127.0.0.1:8077/sandbox/stats
  $ curl 'http://127.0.0.1:8077/sandbox/messages?limit=5'`;

export function registerSandbox(command: Command, run: RunAction): void {
  command
    .option("--port <n>", "Port on 127.0.0.1; 0 for any free port", "0")
    .option("--fault <kind:percent...>", "Inject a fault into this percentage of sends")
    .option("--outage <after:for:kind>", "Simulate an outage after a time or number of sends")
    .option("--accept-any", "Accept codes and consents that were never registered")
    .option("--overlap", "Accept overlapping subscribe messages to one user instead of answering 43108")
    .option("--callback <url>", "Post receipts and other events to this URL")
    .option("--callback-token <text>", "Token that signs the events", "sandboxToken")
    .option("--callback-key <key>", "EncodingAESKey to encrypt the events with (safe mode)")
    .addOption(
      new Option("--callback-format <format>", "Format of the events")
        .choices(["json", "xml"])
        .default("json"),
    )
    .option("--callback-delay <duration>", "Maximum delay of events", "5s")
    .option("--latency <ms>", "Delay of every response, in milliseconds")
    .option("--seed <n>", "Random seed, to replay the same faults")
    .addHelpText("after", EXAMPLES)
    .action(run(sandbox));
}

async function sandbox(deps: Deps, flags: SandboxFlags): Promise<ExitName> {
  const faults = await Promise.all((flags.fault ?? []).map((text) => deps.sandbox.parseFault(text)));
  const count = (name: string, text: string | undefined, max: number) =>
    text === undefined ? undefined : parseCount(text, { name, min: 0, max });
  const latencyMs = count("--latency", flags.latency, 60_000);
  const seed = count("--seed", flags.seed, 0xffffffff);
  const server = await deps.sandbox.start({
    port: count("--port", flags.port, 65_535) ?? 0,
    acceptAny: flags.acceptAny === true,
    faults,
    outage: flags.outage === undefined ? undefined : await deps.sandbox.parseOutage(flags.outage),
    callback: callbackOf(flags),
    ...(flags.overlap && { oneCallPerUser: false }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(seed === undefined ? {} : { seed }),
  });
  announce(deps, server.url);
  const signal = await new Promise<ExitName>((resolve) => {
    deps.onInterrupt(resolve);
  });
  await server.close();
  return signal;
}

/** Options of a callback without one would be silently without effect. */
function callbackOf(flags: SandboxFlags): CallbackOptions | undefined {
  const { callback: url, callbackToken: token, callbackKey, callbackFormat: format, callbackDelay } = flags;
  const delayMs = parseDuration(callbackDelay, "--callback-delay");
  if (delayMs > MAX_DELAY_MS)
    throw usageError(`--callback-delay: "${callbackDelay}" is out of range`, "at most 1h");
  if (url === undefined && callbackKey !== undefined)
    throw usageError("--callback-key without --callback", "add --callback with the URL to post events to");
  if (url === undefined) return undefined;
  return { url, token, format, delayMs, ...(callbackKey !== undefined && { aesKey: callbackKey }) };
}

function announce({ out }: Deps, url: string): void {
  if (out.format === "json") out.json({ url, appid: "wx-sandbox", stats: `${url}/sandbox/stats` });
  else out.data(url);
  out.talk("appid wx-sandbox, secret sandbox-secret; press Ctrl-C to stop");
  out.talk(`counters: ${url}/sandbox/stats`);
}
