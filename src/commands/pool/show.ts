import type { Command } from "commander";
import type { PastSend } from "../../broadcast/history.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatDuration, formatMinute } from "../../output/format.ts";
import { usesOf } from "../../pool/code.ts";
import { listCodes, type ShownCode } from "../../pool/summary.ts";
import type { Deps, RunAction } from "../deps.ts";
import { NO_POOL_HINT } from "../no-pool-hint.ts";
import { showSends, toSendDocument } from "./show-sends.ts";

export function registerPoolShow(pool: Command, run: RunAction): void {
  pool
    .command("show <openId>")
    .description("one user's codes, the oldest first, and the last broadcasts to that user")
    .addHelpText("after", "\nExample:\n  $ push-cli pool show oABC123 --json")
    .action(run((deps, _options, openId: string) => showPool(deps, openId)));
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

async function showPool(deps: Deps, openId: string): Promise<ExitName> {
  const { pools, history, isOpenId } = await deps.stores();
  if (!isOpenId(openId))
    throw usageError(`'${openId}' is not an openId`, "no spaces, no braces, up to 128 characters");
  const nowMs = await pools.now();
  const entries: string[] = [];
  await pools.read([openId], (_, chunk) => {
    entries.push(...chunk);
  });
  const sends = await history.of(openId);
  const key = pools.keyOf(openId);
  // A pool whose last code was taken is no longer there, but what became of its codes is.
  if (entries.length === 0 && sends.length === 0) {
    throw new PushCliError("nothing", `there is no pool '${key}'`, {
      hint: `push-cli pool list shows which there are; ${NO_POOL_HINT}`,
    });
  }
  await present(deps, { openId, key, codes: listCodes(entries, nowMs), sends }, nowMs);
  return "done";
}

interface ShownPool {
  openId: string;
  key: string;
  codes: ShownCode[];
  sends: PastSend[];
}

async function present(deps: Deps, { openId, key, codes, sends }: ShownPool, nowMs: number): Promise<void> {
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
    return out.json({ openId, key, ...counts, codes: codes.map(toDocument), broadcasts });
  }
  if (out.format === "human") {
    const parts = Object.entries(counts).map(([state, n]) => `${n} ${state}`);
    out.data(key);
    out.data(codes.length === 0 ? "no pool: its last code was taken" : parts.join(", "));
  }
  for (let at = 0; at < codes.length && !out.closed.aborted; at += TABLE_ROWS) {
    const some = codes.slice(at, at + TABLE_ROWS);
    await out.table(
      COLUMNS,
      some.map((code) => row(code, out.format === "human" ? nowMs : undefined)),
    );
  }
  await showSends(deps, sends);
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
