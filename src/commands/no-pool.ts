import type { Settings } from "../config/settings.ts";
import { PushCliError, untilWhole } from "../errors.ts";
import { formatCount, formatCounted } from "../output/format.ts";
import { placeFlags, showPoolKey } from "../pool/place-flags.ts";
import type { PrefixLook } from "../pool/ports.ts";
import type { Deps, SendOf } from "./deps.ts";
import { spendsOf } from "./permission-words.ts";

/** The error of a command that met no pool; `match`: it looked only for openIds like that. */
export async function noPool(deps: Deps, match?: string, of?: SendOf): Promise<PushCliError> {
  const { pools } = await deps.stores(of);
  const keys = pools.keyOf(match ?? "*");
  if (of && (await spendsOf(deps, of, of.channel)) === "consent")
    return noConsentUnder(keys, await deps.settings());
  return new PushCliError("nothing", `no pool found under '${keys}'`, {
    hint:
      (await hintAtPrefixes(deps)) ??
      (match === undefined ? undefined : `there are pools, but no openId matches '${match}'`),
  });
}

/** The same of a message that spends consents: these are under other keys, which nobody looks for by chance. */
function noConsentUnder(keys: string, { channel }: Settings): PushCliError {
  return new PushCliError("nothing", `no consents found under '${keys}'`, {
    hint: `check --redis-url and --pool-prefix; to fill pools, run push-cli pool import --channel ${channel} or push-cli collector start; to send to listed users without pools, use --no-pool`,
  });
}

/** The error of a command none of whose users has a pool. */
export async function noPoolOf(deps: Deps, openIds: readonly string[]): Promise<PushCliError> {
  const { pools } = await deps.stores();
  const [first = "", ...others] = openIds;
  const more = others.length > 0 ? ` and ${formatCount(others.length)} more` : "";
  return new PushCliError("nothing", `no pool '${pools.keyOf(first)}'${more}`, {
    hint: (await hintAtPrefixes(deps)) ?? "to list the pools: push-cli pool list",
  });
}

/** Rejects when there is no pool at all. */
export async function requireAnyPool(deps: Deps, of?: SendOf): Promise<void> {
  const { pools } = await deps.stores(of);
  const isThere = await untilWhole(async () => {
    for await (const page of pools.sweep()) if (page.length > 0) return true;
    return false;
  });
  if (!isThere) throw await noPool(deps, undefined, of);
}

/** Where pools may be instead; undefined when there are some where we looked. The look is only for the hint, so it may fail. */
async function hintAtPrefixes(deps: Deps): Promise<string | undefined> {
  const settings = await deps.settings();
  const { pools } = await deps.stores();
  let look: PrefixLook;
  try {
    look = await pools.findPrefixes();
  } catch {
    return "check --redis-url and --pool-prefix; for pools whose keys Java serialized, use --pool-keys java";
  }
  const { own, found, looked } = look;
  if (own) return undefined;
  if (found.length === 0) {
    const where = looked === undefined ? "in this database" : `among the first ${formatCount(looked)} keys`;
    return `no list of codes found ${where}; check --redis-url`;
  }
  const places = found.map((place) => {
    const flags = placeFlags(place, settings).join(" ");
    return `under '${showPoolKey({ poolPrefix: place.prefix, poolSuffix: place.suffix ?? "" })}' (${formatCounted(place.keys, "key")} looked at): ${flags}`;
  });
  return `found pools ${places.join("; ")}`;
}
