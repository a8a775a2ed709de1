import { connect } from "node:net";

/** Milliseconds. */
export interface Pings {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

const EVERY_MS = 1;

/**
 * Sends PING on a steady beat over a bare socket, whether or not the earlier ones are answered: one that waited for answers
 * would ask less often just when they are slow. Ends with its figures when its parent says so.
 */
export function runPinger(port: number): void {
  const sentAt: number[] = [];
  const tookMs: number[] = [];
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.once("connect", () => {
    process.send?.("ready");
    const beat = setInterval(() => {
      sentAt.push(performance.now());
      socket.write("PING\r\n");
    }, EVERY_MS);
    process.once("message", () => {
      clearInterval(beat);
      process.send?.(summarize(tookMs));
      socket.destroy();
      process.disconnect?.();
    });
  });
  socket.on("data", (chunk) => {
    const now = performance.now();
    // +PONG\r\n each; an answer cut in two would count with its second half.
    for (const byte of chunk) if (byte === 10) tookMs.push(now - (sentAt.shift() ?? now));
  });
}

function summarize(tookMs: number[]): Pings {
  const sorted = tookMs.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
