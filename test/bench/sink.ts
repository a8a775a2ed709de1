import { createServer, type Socket } from "node:net";

export const OK = '{"errcode":0,"errmsg":"ok"}';
export const TOKEN = '{"access_token":"bench-token-of-some-length-0123456789","expires_in":7200}';
const answer = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const OK_ANSWER = answer(OK);
const TOKEN_ANSWER = answer(TOKEN);

/**
 * An API that costs next to nothing: one request a packet, as clients without pipelining send them, is answered with
 * constant bytes. It reads no body, so it can't be the bottleneck of what is measured in front of it.
 */
export function runSink(delayMs: number): void {
  const server = createServer({ noDelay: true }, (socket) => {
    let missing = 0;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      let at = 0;
      while (at < chunk.length) {
        if (missing > 0) {
          const eaten = Math.min(missing, chunk.length - at);
          missing -= eaten;
          at += eaten;
          if (missing > 0) return;
          reply(socket, OK_ANSWER);
          continue;
        }
        const end = chunk.indexOf("\r\n\r\n", at, "latin1");
        if (end < 0) throw new Error("the sink expects the head of a request in one packet");
        const head = chunk.toString("latin1", at, end);
        const length = /content-length: *(\d+)/i.exec(head)?.[1] ?? "0";
        at = end + 4;
        missing = Number(length);
        if (head.startsWith("POST /cgi-bin/stable_token")) {
          at += missing;
          missing = 0;
          socket.write(TOKEN_ANSWER);
        } else if (missing === 0) reply(socket, OK_ANSWER);
      }
    });
  });
  const later = delayMs === 0 ? undefined : delayed(delayMs);
  const reply = (socket: Socket, text: string) => {
    if (later) later(() => socket.write(text, "latin1"));
    else socket.write(text, "latin1");
  };
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${(server.address() as import("node:net").AddressInfo).port}\n`);
  });
}

/**
 * Runs things after a delay that is kept to a tenth of a millisecond, by looking at the clock all the time: Node's timers
 * fire one to three ms late, and then not even a bare loop gets beyond 0.94 of what a delay of 50 ms allows.
 */
function delayed(delayMs: number): (work: () => void) => void {
  let waiting: { dueMs: number; work: () => void }[] = [];
  const look = () => {
    const now = performance.now();
    const first = waiting.findIndex(({ dueMs }) => dueMs > now);
    const due = first < 0 ? waiting : waiting.slice(0, first);
    if (due.length > 0) waiting = first < 0 ? [] : waiting.slice(first);
    for (const { work } of due) work();
    if (waiting.length > 0) setImmediate(look);
  };
  return (work) => {
    if (waiting.length === 0) setImmediate(look);
    waiting.push({ dueMs: performance.now() + delayMs, work });
  };
}
