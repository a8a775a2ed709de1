import type { Channel } from "../../broadcast/channel.ts";
import type { PastSend } from "../../broadcast/history.ts";
import { formatCounted, formatMinute } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

/** Broadcasts on a screen; the others are for --json and pipes. */
const SHOWN = 10;

const COLUMNS = [
  { title: "broadcast" },
  { title: "outcome", align: "right" as const },
  { title: "at", align: "right" as const },
  { title: "" },
];

/** What became of a user in the broadcasts that the ledger knows, the newest first; nothing when there are none. `whose`: what rows
 * in a pipe begin with. */
export async function showSends(
  deps: Deps,
  sends: readonly PastSend[],
  whose: readonly string[] = [],
): Promise<void> {
  const { out } = deps;
  if (sends.length === 0) return;
  if (out.format === "plain")
    return out.table(
      [],
      sends.map((send) => [...whose, ...toPlainRow(send)]),
    );
  out.data("");
  const shown = sends.slice(0, SHOWN);
  const channel = await deps.channel();
  const rows = shown.map((send) => toRow(channel, send));
  await out.table(rows.some((row) => row.at(-1) !== "") ? COLUMNS : COLUMNS.slice(0, -1), rows);
  if (sends.length > shown.length)
    out.talk(`and ${formatCounted(sends.length - shown.length, "earlier broadcast")}: --json shows them`);
}

/** Without the year, which a ledger of some weeks does not need: that leaves room for the reason. */
function toRow(channel: Channel, send: PastSend): Cell[] {
  if (send.outcome === "unreadable") return [send.broadcastId, send.outcome, "", ""];
  const errcode = send.outcome === "claimed" ? undefined : send.errcode;
  const meaning = errcode === undefined ? undefined : channel.meaningOf(errcode);
  const why = [errcode, meaning].filter((part) => part !== undefined).join(" ");
  return [send.broadcastId, send.outcome, formatMinute(send.atMs).replace(/^\d{4}-/, ""), why];
}

/** In a pipe each row says what it is: these begin with a word that is no state of a code. */
function toPlainRow(send: PastSend): Cell[] {
  if (send.outcome === "unreadable") return ["broadcast", send.broadcastId, send.outcome, "", "", ""];
  const errcode = send.outcome === "claimed" ? undefined : send.errcode;
  const at = new Date(send.atMs).toISOString();
  return ["broadcast", send.broadcastId, send.outcome, at, send.formId ?? "", errcode ?? ""];
}

/** One broadcast in the JSON document of `pool show`. */
export function toSendDocument(send: PastSend) {
  if (send.outcome === "unreadable") return { broadcastId: send.broadcastId, outcome: send.outcome };
  const { atMs, ...rest } = send;
  return { ...rest, at: new Date(atMs).toISOString() };
}
