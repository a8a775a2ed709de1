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
Fault kinds, each with a percentage of the sends: busy, busy-delivered, 5xx,
5xx-after, reset, reset-after, slow, garbage, garbage-after, truncated,
token-expiry, minute-quota, day-quota, withdrawn, unlisted, later, errcode-<n>.

An outage begins so long after the first request (10s), or after so many sends
(1000), and is of a kind: 502 (unless given), html (a captive portal), garbage,
busy, reset, silent, refuse; token-<kind>: the token endpoints alone.

Subscribe messages: GET /wxaapi/newtmpl/gettemplate lists the templates, POST
/sandbox/consents gives consents; the page at / lists all such calls.

Examples:
  $ push-cli sandbox --accept-any --port 8077
  $ push-cli sandbox --accept-any --fault busy:5 --fault reset-after:1
  $ push-cli sandbox --accept-any --outage 1000:60s:reset
  $ curl http://127.0.0.1:8077/sandbox/stats`;

export function registerSandbox(command: Command, run: RunAction): void {
  command
    .option("--port <n>", "port on 127.0.0.1; 0 for any free one", "0")
    .option("--fault <kind:percent...>", "misbehave in so many percent of the sends")
    .option("--outage <after:for:kind>", "be down for a while, after a time or so many sends")
    .option("--accept-any", "take codes and consents that nobody registered")
    .option("--overlap", "let two subscribe messages to a user overlap: no 43108")
    .option("--callback <url>", "post receipts and other events to this address")
    .option("--callback-token <text>", "token of the signatures", "sandboxToken")
    .option("--callback-key <key>", "EncodingAESKey: encrypt the events (safe mode)")
    .addOption(
      new Option("--callback-format <format>", "format of the events")
        .choices(["json", "xml"])
        .default("json"),
    )
    .option("--callback-delay <duration>", "how late an event comes at most", "5s")
    .option("--latency <ms>", "answer every request that late")
    .option("--seed <n>", "seed of the faults: the same one replays them")
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
    throw usageError("--callback-key without --callback", "give the address that events are posted to");
  if (url === undefined) return undefined;
  return { url, token, format, delayMs, ...(callbackKey !== undefined && { aesKey: callbackKey }) };
}

function announce({ out }: Deps, url: string): void {
  if (out.format === "json") out.json({ url, appid: "wx-sandbox", stats: `${url}/sandbox/stats` });
  else out.data(url);
  out.talk("appid wx-sandbox, secret sandbox-secret; Ctrl-C ends");
  out.talk(`counters: ${url}/sandbox/stats`);
}
