const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `share` (0 to 1) of `width` cells, to an eighth of a cell; anything above zero is visible. */
export function drawBar(share: number, width: number): string {
  const inRange = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const eighths = Math.round(inRange * width * 8);
  if (eighths === 0) return inRange > 0 && width > 0 ? "▏" : "";
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}
