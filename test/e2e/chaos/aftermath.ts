import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { BROADCAST, KEYS, type World } from "./world.ts";

/** A user's record of the broadcast, as far as it can be checked. */
export interface Settled {
  outcome: string;
  attempts: number;
  /** Undefined when the record names none. */
  formId: string | undefined;
}

/** What Redis holds of one user when all is over. */
export interface Left {
  openId: string;
  /** Entries as bytes (latin1). */
  pool: string[];
  /** Lifetimes in ms: -1 for ever, -2 no such key. */
  poolTtlMs: number;
  ledgerTtlMs: number;
  /** The record as it stands. */
  record: string | undefined;
  settled: Settled | undefined;
}

export interface Aftermath {
  users: Left[];
  status: string | undefined;
  /** The result in the broadcast's record. */
  result: BroadcastResult | undefined;
}

/** Reads with plain commands: nothing of the tool takes part. */
export async function readAftermath({ client, users, audience, keys }: World): Promise<Aftermath> {
  const openIds = [...new Set([...users.keys(), ...audience])];
  const pipeline = client.pipeline();
  for (const openId of openIds) {
    pipeline.lrangeBuffer(keys.pool(openId), 0, -1);
    pipeline.pttl(keys.pool(openId));
    pipeline.hget(keys.ledger(openId), BROADCAST);
    pipeline.pttl(keys.ledger(openId));
  }
  const values = ((await pipeline.exec()) ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
  const { status, result } = await client.hgetall(KEYS.record);
  return {
    users: openIds.map((openId, i) => toLeft(openId, values.slice(4 * i, 4 * i + 4))),
    status,
    result: result === undefined ? undefined : (JSON.parse(result) as BroadcastResult),
  };
}

function toLeft(openId: string, [pool, poolTtlMs, record, ledgerTtlMs]: unknown[]): Left {
  const text = (record ?? undefined) as string | undefined;
  return {
    openId,
    pool: (pool as Buffer[]).map((bytes) => bytes.toString("latin1")),
    poolTtlMs: poolTtlMs as number,
    ledgerTtlMs: ledgerTtlMs as number,
    record: text,
    settled: text === undefined ? undefined : parseRecord(text),
  };
}

/** `<outcome> <run> <attempts> <at> <errcode> <formId or -> ...`; a claim has other words after the first. */
function parseRecord(text: string): Settled {
  const [outcome = "", , attempts, , , formId] = text.split("\n", 1)[0]!.split(" ");
  return { outcome, attempts: Number(attempts), formId: formId === "-" ? undefined : formId };
}
