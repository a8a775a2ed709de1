import { type Finding, failed, passed, skipped, warning } from "./check.ts";
import type { Examination } from "./examination.ts";
import type { Outcome } from "./outcome.ts";
import type { RedisProbe, RightsFacts } from "./ports.ts";
import { judgeServers, SERVER_CHECKS } from "./servers.ts";

const PINGS = 5;
/** A claim, and a settlement, for each batch of recipients: with so long a way to Redis, that is what a broadcast waits for. */
const SLOW_MS = 50;
/** Clocks that are kept by NTP differ by less. */
const CLOCK_MS = 2000;

/** Whether the Redis can be reached, is what push-cli needs, and lets it do its work. */
export async function examineRedis({ redis, ask, clock }: Examination): Promise<Finding[]> {
  const opened = await redis();
  if ("problem" in opened) {
    const others = ["mode", "latency", "clock", ...SERVER_CHECKS, "rights"];
    return [
      failed("connection", opened.problem, { remedy: opened.hint, ms: opened.ms }),
      ...others.map((name) => skipped(name, "Redis can't be reached")),
    ];
  }
  const probe = opened.value;
  // Alone: what is asked at the same time would be measured, too.
  const latency = await ask(() => measure(probe, clock));
  const [difference, servers, rights] = await Promise.all([
    ask(() => compareClocks(probe, clock)),
    ask(() => probe.servers()),
    ask(() => probe.rights()),
  ]);
  return [
    passed("connection", "connected", { ms: opened.ms }),
    passed("mode", probe.mode),
    judgeLatency(latency),
    judgeClock(difference),
    ...judgeServers(servers),
    judgeRights(rights),
  ];
}

async function measure(probe: RedisProbe, clock: Examination["clock"]): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const begunMs = clock.monotonic();
    await probe.ping();
    times.push(clock.monotonic() - begunMs);
  }
  return times.sort((a, b) => a - b);
}

function judgeLatency(times: Outcome<number[]>): Finding {
  if ("problem" in times) return failed("latency", times.problem, { remedy: times.hint, ms: times.ms });
  const median = times.value[Math.floor(PINGS / 2)] ?? 0;
  const [least, most] = [times.value[0] ?? 0, times.value.at(-1) ?? 0];
  const found = `median of ${PINGS} PINGs ${inMs(median)} (${inMs(least)} to ${inMs(most)})`;
  if (median < SLOW_MS) return passed("latency", found, { ms: times.ms });
  const remedy = "run push-cli closer to Redis: each batch of recipients needs two round trips";
  return warning("latency", found, { remedy, ms: times.ms });
}

/** How far Redis' clock is ahead of ours, and by how much that may be wrong; ms. */
async function compareClocks(probe: RedisProbe, clock: Examination["clock"]) {
  const beforeMs = clock.now();
  const redisMs = await probe.now();
  const afterMs = clock.now();
  return { aheadMs: redisMs - (beforeMs + afterMs) / 2, doubtMs: (afterMs - beforeMs) / 2 };
}

function judgeClock(difference: Outcome<{ aheadMs: number; doubtMs: number }>): Finding {
  if ("problem" in difference)
    return failed("clock", difference.problem, { remedy: difference.hint, ms: difference.ms });
  const { aheadMs, doubtMs } = difference.value;
  const { ms } = difference;
  if (Math.abs(aheadMs) < CLOCK_MS + doubtMs) return passed("clock", "agrees with this host's clock", { ms });
  const side = aheadMs > 0 ? "ahead of" : "behind";
  const found = `Redis' clock is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${side} this host's; codes expire by Redis' clock`;
  return warning("clock", found, {
    remedy: "synchronize both clocks with NTP: timedatectl set-ntp true",
    ms,
  });
}

function judgeRights(rights: Outcome<RightsFacts>): Finding {
  if ("problem" in rights) return failed("rights", rights.problem, { remedy: rights.hint, ms: rights.ms });
  const { user, missing, absent, untried } = rights.value;
  const { ms } = rights;
  if (missing.length > 0) {
    return failed("rights", `the Redis user '${user}' lacks ${missing.join(" ")}`, {
      remedy: `ACL SETUSER ${user} ${missing.join(" ")}`,
      ms,
    });
  }
  if (absent.length > 0) {
    const remedy = "check for rename-command in redis.conf, or use a Redis that offers it";
    return failed("rights", `Redis, or a proxy in front of it, does not offer ${absent.join(", ")}`, {
      remedy,
      ms,
    });
  }
  const rest = untried.length > 0 ? `; not tried: ${untried.join(", ")}` : "";
  return passed("rights", `the Redis user '${user}' has all the permissions that push-cli needs${rest}`, {
    ms,
  });
}

function inMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
