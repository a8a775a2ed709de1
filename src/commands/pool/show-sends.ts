import type { Channel } from "../../broadcast/channel.ts";
import type { PastSend } from "../../broadcast/history.ts";
import { formatCounted, formatMinute } from "../../output/format.ts";
import type { Cell, Column } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

/** Broadcasts on a screen; the others are for --json and pipes. */
const SHOWN = 10;

const COLUMNS = [
  { title: "broadcast" },
  { title: "outcome", whole: true },
  { title: "at", whole: true },
  { title: "" },
];

/** What rows for programs have of a broadcast, behind the fields of a code or consent. */
const SEND_FIELDS = ["broadcastId", "outcome", "at", "errcode"];
export const NO_SEND: readonly Cell[] = SEND_FIELDS.map(() => "");

/** The columns of all rows of a pool; `own`: those of its codes or consents, `whose`: what each row begins with. */
export function poolColumns(own: readonly string[], whose: readonly string[]): Column[] {
  const first = whose.map(() => "openId");
  return [...first, ...own, ...SEND_FIELDS].map((title) => ({ title }));
}

/**
 * What became of a user in the broadcasts that the ledger knows, the newest first; nothing when there are none. For programs,
 * rows begin with `whose` and have the columns of the pool's other rows, which are `own`.
 */
export async function showSends(
  deps: Deps,
  sends: readonly PastSend[],
  own: readonly string[],
  whose: readonly string[] = [],
): Promise<void> {
  const { out } = deps;
  if (sends.length === 0) return;
  if (out.format === "plain")
    return out.table(
      poolColumns(own, whose),
      sends.map((send) => [...whose, ...toPlainRow(send, own)]),
    );
  out.data("");
  const shown = sends.slice(0, SHOWN);
  const channel = await deps.channel();
  const rows = shown.map((send) => toRow(channel, send));
  await out.table(rows.some((row) => row.at(-1) !== "") ? COLUMNS : COLUMNS.slice(0, -1), rows);
  if (sends.length > shown.length)
    out.talk(
      `and ${formatCounted(sends.length - shown.length, "earlier broadcast")}; use --json to show all`,
    );
}

/** Without the year, which a ledger of some weeks does not need: that leaves room for the reason. */
function toRow(channel: Channel, send: PastSend): Cell[] {
  if (send.outcome === "unreadable") return [send.broadcastId, send.outcome, "", ""];
  const errcode = send.outcome === "claimed" ? undefined : send.errcode;
  const meaning = errcode === undefined ? undefined : channel.meaningOf(errcode);
  const why = [errcode, meaning].filter((part) => part !== undefined).join(" ");
  return [send.broadcastId, send.outcome, formatMinute(send.atMs).replace(/^\d{4}-/, ""), why];
}

/** The word in the place of a state tells these rows from those of codes and consents. */
function toPlainRow(send: PastSend, own: readonly string[]): Cell[] {
  const isKnown = send.outcome !== "unreadable";
  const spent = isKnown ? (send.formId ?? "") : "";
  const values: Record<string, Cell> = { state: "broadcast", formId: spent, consent: spent };
  const errcode = "errcode" in send ? (send.errcode ?? "") : "";
  const at = isKnown ? new Date(send.atMs).toISOString() : "";
  return [...own.map((name) => values[name] ?? ""), send.broadcastId, send.outcome, at, errcode];
}

/** One broadcast in the JSON document of `pool show`. */
export function toSendDocument(send: PastSend) {
  if (send.outcome === "unreadable") return { broadcastId: send.broadcastId, outcome: send.outcome };
  const { atMs, ...rest } = send;
  return { ...rest, at: new Date(atMs).toISOString() };
}
