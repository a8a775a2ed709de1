import type { PastSend, SendHistory } from "../broadcast/history.ts";
import type { Keys } from "./keys.ts";
import { readClaimed, readFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";

/**
 * Reads ledgers; a ledger holds one short record per broadcast since the user's last pause of eight days, so it is read in one
 * piece.
 */
export function createSendHistory(link: RedisLink, keys: Keys): SendHistory {
  return {
    of: async (openId) => {
      const records = await link.call(link.client.hgetall(keys.ledger(openId)));
      const sends = Object.entries(records).map(([id, record]) => readRecord(id, record));
      return sends.sort(byTime);
    },
    inBroadcast: async (id, openIds) => {
      const records = await link.call(
        Promise.all(openIds.map((openId) => link.client.hget(keys.ledger(openId), id))),
      );
      return records.map((record) => (record === null ? undefined : readRecord(id, record)));
    },
  };
}

function readRecord(broadcastId: string, record: string): PastSend {
  const claimed = readClaimed(record);
  if (claimed) {
    const { run: runId, attempt: attempts, atMs, formId } = claimed;
    return { broadcastId, outcome: "claimed", runId, attempts, atMs, formId };
  }
  const final = readFinal(record);
  if (!final) return { broadcastId, outcome: "unreadable" };
  const { outcome, run: runId, attempts, atMs, errcode, formId, msgid } = final;
  return {
    broadcastId,
    outcome,
    runId,
    attempts,
    atMs,
    // The API's errcode for success is 0.
    ...(errcode ? { errcode } : {}),
    ...(formId === undefined ? {} : { formId }),
    ...(msgid === undefined ? {} : { msgid }),
  };
}

function byTime(a: PastSend, b: PastSend): number {
  const timeOf = (send: PastSend) => (send.outcome === "unreadable" ? 0 : send.atMs);
  return timeOf(b) - timeOf(a) || (a.broadcastId < b.broadcastId ? -1 : 1);
}
