import { once } from "node:events";
import { chmod, lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect, type ListenOptions } from "node:net";
import { messageOf, PushCliError } from "../errors.ts";
import type { Listen } from "./options.ts";

/** Starts listening. Resolves to the address: a URL, or `unix:` and the path. Throws a `usage` error. */
export async function listen(server: Server, where: Listen): Promise<string> {
  if ("host" in where) return listenOnPort(server, where);
  const { socketPath, mode } = where;
  try {
    await removeStale(socketPath);
    await open(server, { path: socketPath });
    if (mode !== undefined) await chmod(socketPath, mode);
  } catch (error) {
    throw cantListen(`the socket "${socketPath}"`, error as NodeJS.ErrnoException, "choose another path");
  }
  return `unix:${socketPath}`;
}

async function listenOnPort(server: Server, { host, port }: { host: string; port: number }): Promise<string> {
  await open(server, { host, port }).catch((error) => {
    throw cantListen(`port "${port}" of ${host}`, error, "choose another port, or 0 for any free one");
  });
  const bound = server.address();
  const taken = typeof bound === "object" && bound !== null ? bound.port : port;
  return `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
}

function open(server: Server, where: ListenOptions): Promise<unknown> {
  server.listen(where);
  // Rejects if an `error` comes first.
  return once(server, "listening");
}

function cantListen(what: string, error: NodeJS.ErrnoException, hint: string): PushCliError {
  const reason = error.code === "EADDRINUSE" ? "it is in use" : messageOf(error);
  return new PushCliError("usage", `can't listen on ${what}: ${reason}`, { hint, cause: error });
}

/** A process that was killed leaves its socket file behind, which would prevent listening on it again. */
async function removeStale(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => undefined);
  // A file that is not a socket refuses connections too.
  if (!found?.isSocket()) return;
  const isStale = await new Promise<boolean>((resolve) => {
    const socket = connect(socketPath);
    socket.on("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
  if (isStale) await unlink(socketPath);
}
