import type { PastSend } from "../../../broadcast/history.ts";
import type { ExitName } from "../../../exit-codes.ts";
import { formatCount, formatDuration, formatMinute } from "../../../output/format.ts";
import type { Cell } from "../../../output/output.ts";
import { poolOfName } from "../../../pool/consents/name.ts";
import { type ShownConsent, showEntry } from "../../../pool/consents/summary.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { rawText } from "../show-codes.ts";
import { NO_SEND, poolColumns, showSends, toSendDocument } from "../show-sends.ts";
import { isoOf, noConsents } from "./common.ts";

const STATES = ["valid", "standing", "expired", "unreadable"] as const;

interface Show {
  nowMs: number;
  limit: number;
  state: string | undefined;
  several: boolean;
}

/** A user's pool of one template. */
interface ShownPool {
  templateId: string;
  key: string;
  counts: Record<(typeof STATES)[number], number>;
  consents: ShownConsent[];
  notShown: number;
}

/** `pool show` for consents: a user's of all templates, and what became of the user in broadcasts. */
export async function showConsentPools(
  deps: Deps,
  stores: ConsentStores,
  openIds: readonly string[],
  { limit, state, several }: Omit<Show, "nowMs">,
): Promise<ExitName> {
  const { pools, history } = stores;
  const show: Show = { nowMs: await pools.now(), limit, state, several };
  const names = await pools.poolsOf(openIds);
  const missing: string[] = [];
  let shown = 0;
  for (const openId of openIds) {
    const own = names.filter((name) => poolOfName(name).openId === openId);
    const templates = (await readAll(stores, own, show)).filter(({ counts }) =>
      STATES.some((one) => counts[one] > 0),
    );
    const sends = await history.of(openId);
    if (templates.length === 0 && sends.length === 0) {
      missing.push(openId);
      continue;
    }
    if (shown++ > 0 && deps.out.format === "human") deps.out.data("");
    await present(deps, { openId, templates, sends }, show);
    if (deps.out.closed.aborted) return "done";
  }
  if (shown === 0) throw noConsents(pools, missing[0]);
  for (const openId of missing) deps.out.talk(`no consents under '${pools.keyOf(openId)}'`);
  return "done";
}

async function readAll({ pools }: ConsentStores, names: string[], show: Show): Promise<ShownPool[]> {
  const shown = names.map(
    (name): ShownPool => ({
      templateId: poolOfName(name).templateId,
      key: pools.keyOf(name),
      counts: { valid: 0, standing: 0, expired: 0, unreadable: 0 },
      consents: [],
      notShown: 0,
    }),
  );
  const terms = { nowMs: show.nowMs, maxAgeMs: pools.maxAgeMs };
  await pools.read(names, (pieces) => {
    for (const { index, entries } of pieces)
      for (const raw of entries) addEntry(shown[index]!, showEntry(raw, terms), show);
  });
  return shown;
}

function addEntry(pool: ShownPool, entry: ShownConsent, { limit, state }: Show): void {
  pool.counts[entry.state]++;
  if (state !== undefined && entry.state !== state) return;
  if (pool.consents.length < limit) pool.consents.push(entry);
  else pool.notShown++;
}

interface ShownUser {
  openId: string;
  templates: ShownPool[];
  sends: PastSend[];
}

async function present(deps: Deps, user: ShownUser, show: Show): Promise<void> {
  const { out } = deps;
  const { openId, templates, sends } = user;
  if (out.format === "json") {
    const document = {
      openId,
      templates: templates.map(toDocument),
      broadcasts: sends.map(toSendDocument),
    };
    return show.several ? out.line(document) : out.json(document);
  }
  const whose = show.several ? [openId] : [];
  if (out.format === "human") {
    if (templates.length === 0) out.data(`${openId}\nno consents: the last one was claimed`);
    for (const pool of templates) await presentPool(deps, pool, show);
  } else {
    const rows = templates.flatMap((pool) =>
      pool.consents.map((one): Cell[] => [...whose, pool.templateId, ...toPlainRow(one), ...NO_SEND]),
    );
    if (rows.length > 0) await out.table(poolColumns(FIELDS, whose), rows);
  }
  await showSends(deps, sends, FIELDS, whose);
}

/** Of the rows for programs. */
const FIELDS = ["templateId", "state", "consent", "givenAt"];
const COLUMNS = [{ title: "state" }, { title: "consent" }, { title: "given" }];

async function presentPool({ out }: Deps, pool: ShownPool, { nowMs }: Show): Promise<void> {
  const { key, counts, consents, notShown } = pool;
  out.data(key);
  out.data(STATES.map((state) => `${formatCount(counts[state])} ${state}`).join(", "));
  const rows = consents.map((one) => {
    if (one.state === "unreadable") return [one.state, rawText(one.raw), one.why];
    const { id, atMs } = one.consent;
    return [one.state, id, `${formatMinute(atMs)} (${formatDuration(Math.max(0, nowMs - atMs))} ago)`];
  });
  if (rows.length > 0) await out.table(COLUMNS, rows);
  if (notShown > 0)
    out.talk(`and ${formatCount(notShown)} more; use --limit <n> to show more, or --state <state> to filter`);
}

function toPlainRow(one: ShownConsent): Cell[] {
  if (one.state === "unreadable") return [one.state, rawText(one.raw), ""];
  return [one.state, one.consent.id, isoOf(one.consent.atMs) ?? ""];
}

/** One template in the JSON document of `pool show`; a contract. */
function toDocument({ templateId, key, counts, consents, notShown }: ShownPool) {
  return {
    templateId,
    key,
    ...counts,
    consents: consents.map((one) =>
      one.state === "unreadable"
        ? { state: one.state, raw: rawText(one.raw) }
        : {
            consent: one.consent.id,
            at: one.consent.atMs,
            givenAt: isoOf(one.consent.atMs),
            state: one.state,
          },
    ),
    ...(notShown > 0 ? { notShown } : {}),
  };
}
