import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A connection that sends what no HTTP client would. */
export interface RawConnection {
  socket: Socket;
  send(text: string | Buffer): void;
  /** Everything that has come so far. */
  received(): string;
  /** Resolves to all that came when the other side has closed. */
  closed: Promise<string>;
}

export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => {
    socket.destroy();
  });
  const chunks: Buffer[] = [];
  const received = () => Buffer.concat(chunks).toString("latin1");
  socket.on("data", (chunk) => chunks.push(chunk));
  const closed = new Promise<string>((resolve) => {
    // A reset after the answer is an end like any other.
    socket.on("error", () => resolve(received()));
    socket.on("close", () => resolve(received()));
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, send: (text) => socket.write(text), received, closed };
}

/** The status and the code of an answer as it came over the wire. */
export function readAnswer(text: string): { status: number; code: string | undefined } {
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
    code: /"error":\{"code":"(\w+)"/.exec(text)?.[1],
  };
}
