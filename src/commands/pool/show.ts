import type { Command } from "commander";
import type { PastSend } from "../../broadcast/history.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration, formatMinute } from "../../output/format.ts";
import { usesOf } from "../../pool/code.ts";
import { listCodes, type ShownCode } from "../../pool/summary.ts";
import type { Deps, RunAction } from "../deps.ts";
import { noPoolOf } from "../no-pool.ts";
import { listOpenIds, takesStdin } from "../open-ids.ts";
import { showSends, toSendDocument } from "./show-sends.ts";

const EXAMPLES = `
An openId may come as the key of its pool; several may have commas between them;
and '-' is a list on stdin: lines, CSV, NDJSON, or what pool list prints.

Examples:
  $ push-cli pool show oABC123 --json
  $ push-cli pool show oABC123 mina:openid:oDEF456
  $ push-cli pool list --unreadable | push-cli pool show -`;

export function registerPoolShow(pool: Command, run: RunAction): void {
  pool
    .command("show <openId...>")
    .description("users' codes, the oldest first, and the last broadcasts to each")
    .addHelpText("after", EXAMPLES)
    .action(run((deps, _options, words: string[]) => showPools(deps, words)));
}

/** One code in the JSON document of `pool show`; a contract. */
interface CodeDocument {
  formId?: string;
  /** Epoch ms. */
  expire?: number;
  expiresAt?: string;
  uses?: number;
  state: string;
  raw?: string;
}

async function showPools(deps: Deps, words: string[]): Promise<ExitName> {
  const { out } = deps;
  const openIds = await listOpenIds(deps, words);
  const { pools } = await deps.stores();
  const nowMs = await pools.now();
  // What reads a list's output is not to depend on how long the list is.
  const several = openIds.length > 1 || takesStdin(words);
  const missing: string[] = [];
  for (const [i, openId] of openIds.entries()) {
    if (out.closed.aborted) return "done";
    const pool = await loadPool(deps, openId, nowMs);
    if (!pool) missing.push(openId);
    else {
      if (out.format === "human" && missing.length < i) out.data("");
      await present(deps, pool, nowMs, several);
    }
  }
  if (missing.length === openIds.length) throw await noPoolOf(deps, missing);
  for (const openId of missing) out.talk(`there is no pool '${pools.keyOf(openId)}'`);
  return "done";
}

interface ShownPool {
  openId: string;
  key: string;
  codes: ShownCode[];
  sends: PastSend[];
}

async function loadPool(deps: Deps, openId: string, nowMs: number): Promise<ShownPool | undefined> {
  const { pools, history } = await deps.stores();
  const entries: string[] = [];
  await pools.read([openId], (pieces) => {
    for (const piece of pieces) entries.push(...piece.entries);
  });
  const sends = await history.of(openId);
  // A pool whose last code was taken is no longer there, but what became of its codes is.
  if (entries.length === 0 && sends.length === 0) return undefined;
  return { openId, key: pools.keyOf(openId), codes: listCodes(entries, nowMs), sends };
}

/** `several`: it is one of many, and says whose it is. */
async function present(
  deps: Deps,
  { openId, key, codes, sends }: ShownPool,
  nowMs: number,
  several: boolean,
): Promise<void> {
  const { out } = deps;
  const count = (state: string) => codes.filter((code) => code.state === state).length;
  const counts = {
    valid: count("valid"),
    expired: count("expired"),
    invalid: count("invalid"),
    unreadable: count("unreadable"),
  };
  if (out.format === "json") {
    const broadcasts = sends.map(toSendDocument);
    const document = { openId, key, ...counts, codes: codes.map(toDocument), broadcasts };
    return several ? out.line(document) : out.json(document);
  }
  if (out.format === "human") {
    const parts = Object.entries(counts).map(([state, n]) => `${n} ${state}`);
    out.data(key);
    out.data(codes.length === 0 ? "no pool: its last code was taken" : parts.join(", "));
  }
  const whose = several && out.format === "plain" ? [openId] : [];
  for (let at = 0; at < codes.length && !out.closed.aborted; at += TABLE_ROWS) {
    const some = codes.slice(at, at + TABLE_ROWS);
    await out.table(
      COLUMNS,
      some.map((code) => [...whose, ...row(code, out.format === "human" ? nowMs : undefined)]),
    );
  }
  await showSends(deps, sends, whose);
}

/** Lines per table: drawing one of very many takes more than its share of time. */
const TABLE_ROWS = 1000;

const COLUMNS = [
  { title: "state" },
  { title: "formId" },
  { title: "expires" },
  { title: "uses", align: "right" as const },
];

/** A row; with `nowMs` for a person, else for a pipe. */
function row(shown: ShownCode, nowMs: number | undefined): (string | number)[] {
  if (!("code" in shown)) {
    return [shown.state, shown.formId ?? rawText(shown.raw), nowMs === undefined ? "" : shown.why, ""];
  }
  const { formId, expireMs } = shown.code;
  const away = nowMs === undefined ? 0 : Math.abs(expireMs - nowMs);
  const words =
    nowMs !== undefined && expireMs > nowMs ? `in ${formatDuration(away)}` : `${formatDuration(away)} ago`;
  const expires =
    nowMs === undefined ? new Date(expireMs).toISOString() : `${formatMinute(expireMs)} (${words})`;
  return [shown.state, formId, expires, usesOf(shown.code)];
}

function toDocument(shown: ShownCode): CodeDocument {
  if (!("code" in shown)) {
    const { formId, state, raw } = shown;
    return { ...(formId === undefined ? {} : { formId }), state, raw: rawText(raw) };
  }
  const { formId, expireMs } = shown.code;
  return {
    formId,
    expire: expireMs,
    expiresAt: new Date(expireMs).toISOString(),
    uses: usesOf(shown.code),
    state: shown.state,
  };
}

const LONGEST_RAW = 200;

/** An entry's bytes as text: UTF-8 where it is, and not more of it than helps. */
function rawText(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.length > LONGEST_RAW ? `${text.slice(0, LONGEST_RAW)}... (${latin1.length} bytes)` : text;
}
