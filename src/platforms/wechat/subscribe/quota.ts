/**
 * Today's quota of one call from `/cgi-bin/openapi/quota/get`; undefined when the answer does not contain it.
 */
export function readQuota({
  quota,
}: Record<string, unknown>): { left: number; limit: number | undefined } | undefined {
  if (typeof quota !== "object" || quota === null) return undefined;
  const { remain, daily_limit: limit } = quota as { remain?: unknown; daily_limit?: unknown };
  return isCount(remain) ? { left: remain, limit: isCount(limit) ? limit : undefined } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
