import { Readable } from "node:stream";
import type { Io } from "../output/io.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** Of the account that the sandbox plays. */
const TEMPLATE = "Qm7cT0wVnE2sKxj4ZB9rLd5uYhPoA1iG8fXeR3bN6kM";
const USERS = 5;
const CHANNEL = ["--channel", "wechat-subscribe"];

/** What a backend exports that counts the consents of its users. */
const EXPORTED = [
  "openId,templateId,count",
  ...Array.from({ length: USERS }, (_, i) => `demo-user-000${i},${TEMPLATE},${1 + (i % 2)}`),
];

/** The other channel in short: subscribe messages, which spend consents. */
export const CONSENT_STEPS = [
  {
    say: "Now subscribe messages: each consent permits one message. Import consents exported by a backend:",
    argv: ["pool", "import", ...CHANNEL],
    input: `${EXPORTED.join("\n")}\n`,
  },
  { say: "List the account's templates:", argv: ["template", "list", ...CHANNEL] },
  {
    say: "Send a message to every user with a consent:",
    argv: ["broadcast", TEMPLATE, "--keywords", "Half price,10:00,Main St", ...CHANNEL, "--yes"],
  },
  { say: "Show who can still be reached:", argv: ["pool", "stats", ...CHANNEL] },
];

/** What the users agreed to; from here on the sandbox plays no faults, which would leave outcomes unknown. */
export function prepareConsents(sandbox: Sandbox): void {
  sandbox.setFaults([]);
  sandbox.registerConsents(
    Array.from({ length: USERS }, (_, i) => ({
      openId: `demo-user-000${i}`,
      templateId: TEMPLATE,
      count: 1 + (i % 2),
    })),
  );
}

/** The same streams, with a text on stdin. */
export function withInput(io: Io, input: string): Io {
  return { ...io, stdin: Readable.from([Buffer.from(input)]) };
}
