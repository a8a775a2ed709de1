import type { Command } from "commander";
import { PushCliError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { PrivateRedis } from "../local-redis/private-redis.ts";
import { formatCount } from "../output/format.ts";
import type { Io } from "../output/io.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { FILLED_STEPS, fillByCollector } from "./demo-collector.ts";
import { CONSENT_STEPS, prepareConsents } from "./demo-consents.ts";
import { killInTheMiddle } from "./demo-crash.ts";
import { announce, type PlayedStep, runSteps, type Step } from "./demo-steps.ts";
import { demoUsers } from "./demo-users.ts";
import type { Deps, RunAction } from "./deps.ts";
import { stopAtSignal } from "./interrupt.ts";

export function registerDemo(command: Command, run: RunAction): void {
  command.addHelpText("after", "\nExample:\n  $ push-cli demo").action(run(demo));
}

const LATENCY_MS = 80;
/** A few of every kind that a broadcast has to get right: the end of the demo counts what was delivered. */
const FAULTS = ["busy:2", "5xx-after:1", "reset-after:1", "reset:1"];
const TEMPLATE = "order-shipped";

/** Starts a private Redis and the sandbox, walks through the commands with their real output, and cleans up. */
async function demo(deps: Deps): Promise<ExitName> {
  const { talk } = deps.out;
  const redis = await deps.sandbox.startRedis();
  const faults = await Promise.all(FAULTS.map((text) => deps.sandbox.parseFault(text)));
  const sandbox = await deps.sandbox.start({ latencyMs: LATENCY_MS, faults });
  const stop = stopAtSignal(deps);
  try {
    talk(`Started a private Redis on port ${redis.port} and the sandbox API at ${sandbox.url}.`);
    const io = privateIo(deps.io, redis, sandbox);
    const count = await fillPools(deps, io, sandbox);
    const [users, entries] = [formatCount(count.users), formatCount(count.entries)];
    talk(
      `${users} users, ${entries} pool entries: valid, expired, mixed and unreadable; some pools are empty.`,
    );
    const steps = await runSteps(deps, io, STEPS, stop.signal);
    if (stop.exit) return stop.exit;
    steps.push(...(await playCrash(deps, io, sandbox, stop.signal)));
    if (stop.exit) return stop.exit;
    steps.push(await fillByCollector(deps, io, sandbox.url));
    if (stop.exit) return stop.exit;
    steps.push(...(await runSteps(deps, io, FILLED_STEPS, stop.signal)));
    if (stop.exit) return stop.exit;
    const ofCodes = sandbox.stats();
    prepareConsents(sandbox);
    steps.push(...(await runSteps(deps, io, CONSENT_STEPS, stop.signal)));
    if (stop.exit) return stop.exit;
    const records = conclude(deps, ofCodes, sandbox.stats());
    if (deps.out.format === "json") deps.out.json({ ...count, steps, ...records });
    return "done";
  } finally {
    stop.undo();
    await sandbox.close();
    await redis.stop();
  }
}

const STEPS: Step[] = [
  {
    say: "Show one user's pool, with the kinds of entries that backends write:",
    argv: ["pool", "show", "demo-user-0007"],
  },
  {
    say: "List the pools whose codes expire first:",
    argv: ["pool", "list", "--sort", "expiry", "--min-valid", "1", "--limit", "5"],
  },
  { say: "Show statistics of all pools:", argv: ["pool", "stats"] },
  { say: "Remove expired codes; everything else is kept byte for byte:", argv: ["purge"] },
  { say: "Fetch the access token, shared by all processes through Redis:", argv: ["token", "refresh"] },
  {
    say: "Preview a broadcast:",
    argv: ["broadcast", TEMPLATE, "--keywords", "Order 42,shipped", "--dry-run"],
  },
];

const CRASH: Step = {
  say: "Send the broadcast. The sandbox injects errors and lost responses, and the process is killed (kill -9) halfway:",
  argv: [
    "broadcast",
    TEMPLATE,
    "--keywords",
    "Order 42,shipped",
    "--id",
    "demo",
    "--concurrency",
    "32",
    "--yes",
  ],
};

const RECOVERY: Step[] = [
  {
    say: "Show its state after the kill, counted from the ledgers in Redis:",
    argv: ["broadcast", "show", "demo", "--exact"],
  },
  {
    say: "Resume it; nobody who has the message gets it again:",
    argv: ["broadcast", "resume", "demo", "--yes"],
  },
];

/** The act that the product is about: kill -9, show, resume. */
async function playCrash(deps: Deps, io: Io, sandbox: Sandbox, signal: AbortSignal): Promise<PlayedStep[]> {
  announce(deps, CRASH);
  const killed = await killInTheMiddle(deps, io, CRASH.argv, sandbox, signal);
  if (signal.aborted) return [];
  if (!killed)
    throw new PushCliError("unexpected", "the demo's broadcast finished before it could be killed");
  const { say, argv } = CRASH;
  return [{ say, argv, exitCode: null, documents: [] }, ...(await runSteps(deps, io, RECOVERY, signal))];
}

type Stats = ReturnType<Sandbox["stats"]>;

/** Says what really arrived, from the sandbox's own records: as they were before subscribe messages, and are now. */
function conclude({ out }: Deps, ofCodes: Stats, { subscribe }: Stats) {
  const { delivered, deliveriesByUser, maxPerUser } = ofCodes;
  const users = Object.keys(deliveriesByUser).length;
  if (maxPerUser > 1) throw new PushCliError("unexpected", "the sandbox delivered a message twice");
  const told = `${delivered} messages to ${users} users, none twice`;
  if (Object.values(subscribe.byTemplate).some((one) => one.maxPerUser > 1))
    throw new PushCliError("unexpected", "the sandbox delivered a subscribe message twice");
  out.talk(
    `\nAccording to the sandbox's own records: ${told}; and ${subscribe.delivered} subscribe messages, none twice.`,
  );
  out.talk("next: push-cli pool stats --redis-url redis://...  (read-only, on your own pools)");
  return { delivered, deliveredTo: users, maxPerUser, subscribeDelivered: subscribe.delivered };
}

async function fillPools(deps: Deps, io: Io, sandbox: Sandbox): Promise<{ users: number; entries: number }> {
  const users = demoUsers(deps.clock.now());
  sandbox.registerCodes(
    users.flatMap(({ openId, codes }) =>
      codes.map(({ formId, expireMs }) => ({ openId, formId, expire: expireMs })),
    ),
  );
  const { stores, close } = await deps.storesOf(io);
  try {
    const pools = users.filter(({ entries }) => entries.length > 0);
    await stores.pools.push(pools.map(({ openId, entries }) => ({ openId, codes: entries })));
    return { users: users.length, entries: pools.reduce((sum, { entries }) => sum + entries.length, 0) };
  } finally {
    close();
  }
}

/** The same streams, but settings that lead to the demo's own Redis and API and to nothing else. */
function privateIo(io: Io, redis: PrivateRedis, sandbox: Sandbox): Io {
  const kept = Object.entries(io.env).filter(([name]) => !name.startsWith("PUSH_CLI_"));
  const env = {
    ...Object.fromEntries(kept),
    XDG_CONFIG_HOME: redis.dir,
    HOME: redis.dir,
    PUSH_CLI_REDIS_URL: redis.url,
    PUSH_CLI_API_BASE: sandbox.url,
    PUSH_CLI_PROXY: "none",
    PUSH_CLI_APPID: "wx-sandbox",
    PUSH_CLI_APPSECRET: "sandbox-secret",
  };
  return { ...io, env, cwd: redis.dir };
}
