import { connect } from "node:net";
import { PushCliError } from "../errors.ts";
import type { Host } from "./target.ts";

const TIMEOUT_MS = 3000;

/**
 * Rejects when none of the addresses that a cluster announces for its masters can be reached: behind NAT, a port-forward or
 * in containers, they are of another network. One that is gone alone may have a successor soon.
 */
export async function checkReachable(announced: readonly Host[], where: string): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.any(announced.map((host) => reach(host, ended.signal)));
  } catch {
    const names = announced.map(({ host, port }) => `${host}:${port}`);
    const list = [...new Set(names)].slice(0, 3).join(", ");
    throw new PushCliError(
      "redis",
      `the cluster at ${where} announces ${list}${names.length > 3 ? " ..." : ""}, which can't be reached from here`,
      {
        hint: "cluster-announce-ip (or cluster-announce-hostname) and -port set other addresses; or run push-cli inside that network",
      },
    );
  } finally {
    ended.abort();
  }
}

function reach({ host, port }: Host, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(TIMEOUT_MS, () => end(() => reject(new Error("no answer in time"))));
    socket.once("connect", () => end(resolve));
    socket.once("error", (error) => end(() => reject(error)));
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
  });
}
