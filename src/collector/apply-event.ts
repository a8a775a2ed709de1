import type { Kit } from "./kit.ts";
import type { CallbackEvent } from "./ports.ts";

export type EventFate = "taken" | "known" | "ignored";

type Of<K extends CallbackEvent["kind"]> = Extract<CallbackEvent, { kind: K }>;

/**
 * Writes an event to the books, one step after the other: each takes at most `leftMs()`. Rejects unless Redis has
 * acknowledged all of them.
 */
export function applyEvent(
  kit: Kit,
  event: Exclude<CallbackEvent, Of<"other">>,
  leftMs: () => number,
): Promise<EventFate> {
  switch (event.kind) {
    case "grants":
      return applyGrants(kit, event, leftMs);
    case "withdrawals":
      return applyWithdrawals(kit, event, leftMs);
    case "receipts":
      return applyReceipts(kit, event, leftMs);
  }
}

async function applyGrants(
  { options, metrics, askRedis }: Kit,
  { openId, key, atMs, templateIds }: Of<"grants">,
  leftMs: () => number,
): Promise<EventFate> {
  if (options.consents === "reports" || templateIds.length === 0) return "ignored";
  const grant = { openId, source: "event" as const, key, when: { atMs }, templateIds };
  const fates = await askRedis(() => options.books.consents.grant(grant), leftMs());
  for (const fate of fates) metrics.consents.inc({ source: "event", fate });
  return fates.includes("taken") ? "taken" : "known";
}

async function applyWithdrawals(
  { options, askRedis }: Kit,
  { openId, key, templateIds }: Of<"withdrawals">,
  leftMs: () => number,
): Promise<EventFate> {
  if (templateIds.length === 0) return "ignored";
  const gone = await askRedis(() => options.books.consents.withdraw({ openId, key, templateIds }), leftMs());
  return gone.some((consents) => consents > 0) ? "taken" : "known";
}

async function applyReceipts(
  { options, askRedis }: Kit,
  { receipts }: Of<"receipts">,
  leftMs: () => number,
): Promise<EventFate> {
  let fate: EventFate = receipts.length === 0 ? "ignored" : "known";
  for (const receipt of receipts) {
    const atMs = options.clock.now();
    if (await askRedis(() => options.books.consents.receive({ ...receipt, atMs }), leftMs())) fate = "taken";
  }
  return fate;
}
