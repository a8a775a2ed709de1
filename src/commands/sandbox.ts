import type { Command } from "commander";
import { parseCount } from "../config/durations.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Deps, RunAction } from "./deps.ts";

interface SandboxFlags {
  port: string;
  fault?: string[];
  outage?: string;
  acceptAny?: boolean;
  latency?: string;
  seed?: string;
}

const EXAMPLES = `
Fault kinds, each with a percentage of the sends: busy, busy-delivered, 5xx,
5xx-after, reset, reset-after, slow, garbage, garbage-after, truncated,
token-expiry, minute-quota, day-quota, withdrawn, unlisted, errcode-<n>.

An outage begins so long after the first request (10s), or after so many sends
(1000), and is of a kind: 502 (unless given), html (a captive portal), garbage,
busy, reset, silent, refuse; token-<kind>: the token endpoints alone.

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
    .option("--accept-any", "take any well-formed formId, instead of registered ones only")
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

function announce({ out }: Deps, url: string): void {
  if (out.format === "json") out.json({ url, appid: "wx-sandbox", stats: `${url}/sandbox/stats` });
  else out.data(url);
  out.talk("appid wx-sandbox, secret sandbox-secret; Ctrl-C ends");
  out.talk(`counters: ${url}/sandbox/stats`);
}
