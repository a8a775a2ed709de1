import { connect, type Socket } from "node:net";
import { PushCliError } from "../errors.ts";
import type { Host } from "./target.ts";

const TIMEOUT_MS = 3000;

/**
 * Rejects when none of the addresses that a cluster announces for its masters can be reached: behind NAT, a port-forward or
 * in containers, they belong to another network. A single unreachable one may soon have a successor.
 */
export async function checkReachable(announced: readonly Host[], where: string): Promise<void> {
  // A master is listed once for each range of its slots.
  const hosts = [...new Map(announced.map((one) => [`${one.host}:${one.port}`, one]))];
  const sockets = hosts.map(([, host]) => connect(host).setTimeout(TIMEOUT_MS));
  try {
    await Promise.any(sockets.map(untilConnected));
  } catch {
    const names = hosts.map(([name]) => name);
    const list = `${names.slice(0, 3).join(", ")}${names.length > 3 ? " ..." : ""}`;
    throw new PushCliError(
      "redis",
      `the cluster at ${where} announces ${list}, which can't be reached from here`,
      {
        hint: "cluster-announce-ip (or cluster-announce-hostname) and -port set other addresses; or run push-cli inside that network",
      },
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function untilConnected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("timeout", () => reject(new Error("no answer in time")));
    // Also for sockets that are no longer waited for.
    socket.on("error", reject);
  });
}
