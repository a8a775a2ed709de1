import type { PastSend, SendHistory } from "../broadcast/history.ts";
import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** Reads ledgers; a ledger holds one short record a broadcast of the last weeks, so it comes in one piece. */
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

/** As claimed_record of keep-record.lua writes it; the bytes to put back follow behind the line. */
const CLAIMED = /^claimed (\S+) (\d+) (\d+) \d \d+ -?\d+ (\S+) \d+\n/;
/** As final_record of keep-record.lua writes it. */
const FINAL = /^(sent|no_code|rejected|failed|unknown) (\S+) (\d+) (\d+) (\S+) (\S+) (\S+) \d -?\d+$/;

function readRecord(broadcastId: string, record: string): PastSend {
  const claimed = CLAIMED.exec(record);
  if (claimed) {
    const [, runId = "", attempts, atMs, formId = ""] = claimed;
    return {
      broadcastId,
      outcome: "claimed",
      runId,
      attempts: Number(attempts),
      atMs: Number(atMs),
      formId,
    };
  }
  const final = FINAL.exec(record);
  if (!final) return { broadcastId, outcome: "unreadable" };
  const [, outcome, runId = "", attempts, atMs, errcode, formId, msgid] = final;
  return {
    broadcastId,
    outcome: outcome as FinalOutcome,
    runId,
    attempts: Number(attempts),
    atMs: Number(atMs),
    // 0 is what the API says when all is well.
    ...(errcode === "-" || errcode === "0" ? {} : { errcode: Number(errcode) }),
    ...(formId === undefined || formId === "-" ? {} : { formId }),
    ...(msgid === undefined || msgid === "-" ? {} : { msgid }),
  };
}

function byTime(a: PastSend, b: PastSend): number {
  const timeOf = (send: PastSend) => (send.outcome === "unreadable" ? 0 : send.atMs);
  return timeOf(b) - timeOf(a) || (a.broadcastId < b.broadcastId ? -1 : 1);
}
