import { formatCount } from "../output/format.ts";
import { collectStats } from "../pool/collect-stats.ts";
import { collectConsentStats } from "../pool/consents/stats.ts";
import { placeFlags, showPoolKey } from "../pool/place-flags.ts";
import type { PoolStore, PrefixLook, SweepOptions } from "../pool/ports.ts";
import { WRITER_NAMES } from "../pool/writer.ts";
import { type Finding, failed, passed, skipped, warning } from "./check.ts";
import type { Examination } from "./examination.ts";
import type { RedisProbe } from "./ports.ts";

/** A look, not a sweep: so many pools, or so many pages of SCAN with about 1,000 keys each. */
const MAX_POOLS = 1000;
const MAX_PAGES = 50;
/** Shares from which on there is something to say. */
const UNREADABLE = 0.01;
const EXPIRED = 0.5;

const CHECKS = ["prefix", "entries", "writers", "lifetimes", "expired"] as const;

/** Whether there are pools where they are looked for, and what some of them hold. */
export async function examinePools({ redis, ask, settings }: Examination): Promise<Finding[]> {
  const opened = await redis();
  if ("problem" in opened) return CHECKS.map((name) => skipped(name, "Redis can't be reached"));
  const probe = opened.value;
  const look = await ask((signal) => lookAtSome(probe, signal));
  if ("problem" in look) return [failed("prefix", look.problem, { remedy: look.hint, ms: look.ms })];
  const { value, ms } = look;
  if (value.pools > 0) return judgeSome(value).map((finding) => ({ ...finding, ms }));
  const found = probe.consents ? undefined : await ask(() => probe.pools.findPrefixes());
  const places = found && "value" in found ? found.value : undefined;
  return [
    { ...judgeNone(value, settings, places), ms },
    ...CHECKS.slice(1).map((name) => skipped(name, "no pools to check")),
  ];
}

/** What some pools hold: entries as they are, codes by their state. */
interface Some {
  /** A pool's key, with a * for the openId. */
  keys: string;
  pools: number;
  /** Whether these are all. */
  isWhole: boolean;
  valid: number;
  expired: number;
  unreadable: number;
  invalid: number;
  overlong: number;
  /** What wrote the entries; absent for consents, which push-cli's own collector writes. */
  writers?: { name: string; entries: number }[];
}

async function lookAtSome({ pools, consents }: RedisProbe, signal: AbortSignal): Promise<Some> {
  const counts = { valid: 0, expired: 0, unreadable: 0, invalid: 0, overlong: 0 };
  if (consents) {
    const bounded = boundSweep(consents);
    const stats = await collectConsentStats({ ...consents, sweep: bounded.sweep }, { signal });
    const { standing, ...found } = stats?.consents ?? { ...counts, standing: 0 };
    return {
      ...counts,
      ...found,
      valid: found.valid + standing,
      keys: consents.keyOf("*"),
      pools: stats?.pools ?? 0,
      isWhole: bounded.isWhole(),
    };
  }
  const bounded = boundSweep(pools);
  const stats = await collectStats({ ...pools, sweep: bounded.sweep }, { signal, random: () => 0 });
  return {
    ...counts,
    ...stats?.codes,
    keys: pools.keyOf("*"),
    pools: stats?.pools ?? 0,
    isWhole: bounded.isWhole(),
    writers: stats?.writers.map(({ writer, entries }) => ({ name: WRITER_NAMES[writer], entries })) ?? [],
  };
}

function boundSweep(store: Pick<PoolStore, "sweep">) {
  let isCut = false;
  let pages = 0;
  let pools = 0;
  const turn = async () => {
    const goesOn = pages++ < MAX_PAGES && pools < MAX_POOLS;
    isCut ||= !goesOn;
    return goesOn;
  };
  async function* sweep(options: SweepOptions = {}) {
    for await (const page of store.sweep({ ...options, turn })) {
      const some = page.slice(0, MAX_POOLS - pools);
      if (some.length < page.length) isCut = true;
      pools += some.length;
      if (some.length > 0) yield some;
      if (isCut) return;
    }
  }
  return { sweep, isWhole: () => !isCut };
}

function judgeSome(some: Some): Finding[] {
  const { keys, pools, isWhole, valid, expired, unreadable, invalid, overlong, writers } = some;
  const entries = valid + expired + unreadable + invalid;
  const which = isWhole ? `${formatCount(pools)} in all` : `checked ${formatCount(pools)} of them`;
  const unfit = unreadable + invalid;
  const share = `${formatCount(unfit)} of ${formatCount(entries)} can't be used (${formatCount(unreadable)} unreadable, ${formatCount(invalid)} invalid)`;
  const expiredShare = `${formatCount(expired)} of ${formatCount(entries)} have expired`;
  return [
    passed("prefix", `pools under ${keys}: ${which}`),
    unfit <= UNREADABLE * entries
      ? passed("entries", share)
      : warning("entries", share, {
          remedy: "to list them: push-cli pool list --unreadable; fix the program that writes them",
        }),
    writers
      ? passed("writers", writers.map(({ name, entries: n }) => `${name} ${percent(n, entries)}`).join(", "))
      : skipped("writers", "does not apply to consents"),
    overlong === 0
      ? passed("lifetimes", "no code claims to live longer than the platform allows")
      : warning(
          "lifetimes",
          `${formatCount(overlong)} codes claim to live longer than the platform's 7 days`,
          {
            remedy:
              "fix the program that writes them (see push-cli pool stats): a code expires 7 days after the tap",
          },
        ),
    expired <= EXPIRED * entries
      ? passed("expired", expiredShare)
      : warning("expired", expiredShare, { remedy: "push-cli purge" }),
  ];
}

function judgeNone({ keys, isWhole }: Some, settings: Examination["settings"], look?: PrefixLook): Finding {
  const where = isWhole ? "" : `among the first ${formatCount(MAX_PAGES * 1000)} keys`;
  const none = `no pool under ${keys} ${where}`.trimEnd();
  const [first] = look?.own ? [] : (look?.found ?? []);
  if (!first) {
    const remedy =
      "check the Redis and database in --redis-url; to fill pools: push-cli pool import or push-cli collector start";
    return warning("prefix", none, { remedy });
  }
  const places = look?.found.map(({ prefix, suffix = "", keys: n }) => {
    const place = showPoolKey({ poolPrefix: prefix, poolSuffix: suffix });
    return `${place} (${formatCount(n)} checked)`;
  });
  return failed("prefix", `${none}; found lists with codes under ${places?.join(", ")}`, {
    remedy: placeFlags(first, settings).join(" "),
  });
}

function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  return share > 0 && share < 1 ? "under 1%" : `${Math.round(share)}%`;
}
