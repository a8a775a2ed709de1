import type { RecordedTerminal } from "./terminal.ts";

/** Of 800: far enough that a resume finds both kinds of users. */
const KILLED_AT = /\b(?:3[5-9]\d|4\d\d)\/800 /;

/**
 * The scenes of the recording: pools, a broadcast, its kill, what is known then, its end, and the platform's own count.
 */
export async function playScenes(terminal: RecordedTerminal): Promise<void> {
  await terminal.prompt(300);
  await terminal.explain("800 users, each with one-time push codes in Redis");
  await terminal.type("push-cli pool stats -q --format table | head -8");
  await terminal.prompt(1300);

  await terminal.explain("one message to each of them");
  await terminal.type("push-cli broadcast order-shipped --keywords 'Order 42,shipped' --yes");
  await terminal.shows(KILLED_AT);
  const pid = terminal.foregroundPid();
  await terminal.beside(`$ kill -9 ${pid}`, () => process.kill(pid, "SIGKILL"));
  await terminal.prompt(500);

  await terminal.type("push-cli broadcast list");
  await terminal.prompt(1300);

  await terminal.explain("continue; whoever has the message gets no second one");
  await terminal.type("push-cli broadcast resume --last --yes");
  await terminal.prompt(1500);

  await terminal.explain("what the platform (the simulator) counted");
  await terminal.type('curl -s "$PUSH_CLI_API_BASE/sandbox/stats?users=0" | cut -d, -f1-3');
  await terminal.prompt(200);
}
