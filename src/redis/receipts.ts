import type { Receipt, ReceiptBook, ReceiptFound, ReceiptSearch, Receipts } from "../broadcast/receipts.ts";
import { PushCliError } from "../errors.ts";
import { isTemplateId } from "../pool/template-id.ts";
import { changeUsers, type UserChange } from "./change-users.ts";
import { ANY_TEMPLATE, type ConsentPrefixes, createConsentKeys } from "./consent-keys.ts";
import { errcodeWord } from "./errcode-word.ts";
import { fitReceipt, type KeptReceipt, receiptField, writeReceipt } from "./fit-receipt.ts";
import { isOpenId } from "./keys.ts";
import { type FinalRecord, readFinal, writeFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

/** Receipts live as long as the ledgers that they belong to. */
const LIFE_MS = 8 * 24 * 3600 * 1000;

/** A user whose outcome is unknown. */
interface Unknown {
  openId: string;
  /** The record's bytes, latin1. */
  was: string;
  record: FinalRecord;
}

/** Receipts of all templates, stored beside the ledgers of consents. */
export function createReceipts(link: RedisLink, prefixes: ConsentPrefixes): ReceiptBook & Receipts {
  const keys = createConsentKeys({ ...prefixes, templateId: ANY_TEMPLATE });
  const readText = async (id: string, openId: string) =>
    (await link.client.hgetBuffer(keys.ledger(openId), id))?.toString("latin1") ?? "";
  const readRecord = async (id: string, openId: string): Promise<Unknown | undefined> => {
    const was = await readText(id, openId);
    const record = readFinal(was);
    return record?.outcome === "unknown" ? { openId, was, record } : undefined;
  };
  const isUndelivered = async (search: ReceiptSearch, openId: string) => {
    const record = readFinal(await readText(search.broadcastId, openId));
    if (record?.outcome !== "sent" || record.msgid === undefined) return false;
    const receipts = await link.client.hgetall(keys.receipts(openId));
    return fitReceipt(search, record, {}, receipts)?.status === "failed";
  };
  // Receipts first: every message they refer to was claimed before, and is in a ledger that is read after them.
  const readReceipt = async (search: ReceiptSearch, { openId, record }: Unknown) => {
    const read = [keys.receipts(openId), keys.ledger(openId)].map((key) => link.client.hgetall(key));
    const [receipts = {}, ledger = {}] = await Promise.all(read);
    return fitReceipt(search, record, ledger, receipts);
  };
  return {
    record: async (receipt) => {
      checkReceipt(receipt);
      const args = [receiptField(receipt), writeReceipt(receipt), LIFE_MS];
      return (await link.run(SCRIPTS.recordReceipt, [keys.receipts(receipt.openId)], args)) === 1;
    },
    findUndelivered: async (search, openIds) => {
      const are = await link.call(Promise.all(openIds.map((openId) => isUndelivered(search, openId))));
      return openIds.filter((_, i) => are[i]);
    },
    settleUnknown: async (search, openIds, { dryRun = false } = {}) => {
      const id = search.broadcastId;
      const users = await link.call(Promise.all(openIds.map((openId) => readRecord(id, openId))));
      const receipts = await link.call(
        Promise.all(users.map((user) => (user ? readReceipt(search, user) : undefined))),
      );
      const plans = users.map((user, i) => user && plan(user, receipts[i]));
      const changes = plans.flatMap((plan) => plan?.change ?? []);
      const done = dryRun ? [] : (await changeUsers(link, keys, { id, ttlMs: LIFE_MS }, changes)).done;
      const missed = new Set(changes.filter((_, i) => done[i] === false).map(({ openId }) => openId));
      return plans.map((plan) => (plan && !missed.has(plan.found.openId) ? plan.found : undefined));
    },
  };
}

function plan(
  { openId, was, record }: Unknown,
  receipt: KeptReceipt | undefined,
): { found: ReceiptFound; change?: UserChange } {
  const now = receipt ? settleBy(record, receipt) : record;
  const { outcome, run: runId, attempts, errcode, formId, msgid, atMs } = now;
  const found = {
    openId,
    outcome: outcome as ReceiptFound["outcome"],
    runId,
    attempts,
    errcode,
    formId,
    msgid,
    atMs,
  };
  if (!receipt) return { found };
  return { found, change: { openId, record: { was, text: writeFinal(now) }, edits: [] } };
}

/** The permission stays spent: the platform had accepted the message. */
function settleBy(record: FinalRecord, { status, msgid, errcode, atMs }: KeptReceipt): FinalRecord {
  if (status === "delivered") return { ...record, outcome: "sent", msgid, errcode: undefined, atMs };
  return { ...record, outcome: "rejected", msgid, errcode, atMs };
}

/**
 * Fields and values are words between spaces. Throws a usage error for a receipt that can't be stored like that.
 */
function checkReceipt({ openId, templateId, msgid, errcode, atMs }: Receipt): void {
  if (!isOpenId(openId)) throw unusable("openId", openId);
  if (templateId !== undefined && !isTemplateId(templateId)) throw unusable("template id", templateId);
  if (!/^[\x21-\x7e]{1,64}$/.test(msgid)) throw unusable("msgid", msgid);
  if (errcode !== undefined && errcodeWord(errcode) === "-") throw unusable("errcode", String(errcode));
  if (!Number.isSafeInteger(atMs) || atMs < 0) throw unusable("time", String(atMs));
}

function unusable(what: string, value: string): PushCliError {
  return new PushCliError("usage", `cannot record a receipt whose ${what} is '${value}'`, {
    hint: "the platform's events have ids of visible ASCII characters",
  });
}
