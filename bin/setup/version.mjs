/**
 * Compares dotted version numbers; parts missing in `oldest` don't count, and a text that is not a number is
 * older than any version.
 */
export function isOlder(version, oldest) {
  const have = version.split(".").map(Number);
  const want = oldest.split(".").map(Number);
  const differs = want.findIndex((part, i) => part !== have[i]);
  return differs >= 0 && !(have[differs] > want[differs]);
}
