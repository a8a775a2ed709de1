/** Compares dotted numbers; what `oldest` leaves out does not count, and what is no number is older than all. */
export function isOlder(version, oldest) {
  const have = version.split(".").map(Number);
  const want = oldest.split(".").map(Number);
  const differs = want.findIndex((part, i) => part !== have[i]);
  return differs >= 0 && !(have[differs] > want[differs]);
}
