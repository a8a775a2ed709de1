import { connect } from "node:net";

const ANSWER_WITHIN_MS = 1_000;

export interface ProbeTarget {
  port: number;
  /** The process that has to answer: another server may have taken the port. */
  pid: number;
  password?: string | undefined;
}

/** Whether that Redis serves commands: a single attempt, false for any failure. */
export async function isServing(target: ProbeTarget): Promise<boolean> {
  const answer = await ask(target);
  // If a password is only set by the arguments, PING is refused, which proves well enough that it is running.
  if (answer.includes("-NOAUTH") && target.password === undefined) return true;
  return answer.includes("+PONG") && answer.includes(`process_id:${target.pid}\r\n`);
}

/** The replies to PING and INFO, until they are complete, the connection ends or the time is over. */
function ask({ port, password }: ProbeTarget): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, done);
    socket.on("error", done);
    socket.on("close", done);
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (answer.includes("process_id:") || answer.includes("-NOAUTH")) done();
    });
    const auth = password === undefined ? "" : renderCommand("AUTH", password);
    socket.write(`${auth}${renderCommand("PING")}${renderCommand("INFO", "server")}`);
  });
}

function renderCommand(...words: string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}
