/** What `/cgi-bin/openapi/quota/get` says is left today for one call; undefined when it does not say. */
export function readQuotaLeft(fields: Record<string, unknown>): number | undefined {
  const { quota } = fields;
  const remain =
    typeof quota === "object" && quota !== null ? (quota as { remain?: unknown }).remain : undefined;
  return typeof remain === "number" && Number.isSafeInteger(remain) && remain >= 0 ? remain : undefined;
}
