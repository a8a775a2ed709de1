import { main } from "../../../src/main.ts";
import type { World } from "../../broadcast/world.ts";
import { type CliResult, cliEnv, runCli } from "../../helpers/cli.ts";
import { fakeIo } from "../../output/fake-io.ts";
import { runOnScreen } from "../world.ts";

/** `push-cli broadcast ...` against this world, with pipes in the place of the streams. */
export function inPipe(
  { redis, sandbox }: World,
  argv: string[],
  env: Record<string, string> = {},
): Promise<CliResult> {
  return runCli(["broadcast", ...argv], { env: { ...cliEnv(redis.url, sandbox.url), ...env } });
}

interface Shown {
  code: number;
  stdout: string;
  stderr: string;
}

/** The same at a terminal of 80 columns, where `typed` answers the questions. Without progress, which comes and goes. */
export async function atTerminal(
  { redis, sandbox }: World,
  argv: string[],
  typed = "",
  env: Record<string, string> = {},
): Promise<Shown> {
  const shown = await runOnScreen(
    ["broadcast", ...argv],
    { ...cliEnv(redis.url, sandbox.url), ...env },
    {
      interactive: true,
      stdin: typed,
    },
  );
  return { ...shown, stderr: shown.stderr.replace(PROGRESS, "") };
}

/** Frames of a progress line, and its removal. */
const PROGRESS = new RegExp("E\\[\\?25l[^]*?E\\[1GE\\[0KE\\[\\?25h".replaceAll("E", "\u001b"), "g");

/** At a terminal where Ctrl-C is pressed once the question stands there. */
export async function pressCtrlC(
  { redis, sandbox }: World,
  argv: string[],
  question: RegExp,
): Promise<{ code: number; stderr: string }> {
  const env = { NO_COLOR: "1", ...cliEnv(redis.url, sandbox.url) };
  const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], columns: 80, env, cwd: "/nonexistent" });
  const running = main(["broadcast", ...argv], io);
  while (!question.test(io.stderr.text())) await new Promise((resolve) => setTimeout(resolve, 2));
  io.signal("SIGINT");
  return { code: await running, stderr: io.stderr.text() };
}

/** The error that a command with --json ended with. */
export function errorOf({ stderr }: { stderr: string }): { code: string; message: string; hint?: string } {
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  return JSON.parse(last).error;
}

/** At a terminal, each answer typed once its question stands there, as a person does. */
export async function answering(
  { redis, sandbox }: World,
  argv: string[],
  answers: [question: RegExp, answer: string][],
): Promise<Shown> {
  const env = { NO_COLOR: "1", ...cliEnv(redis.url, sandbox.url) };
  const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], columns: 80, env, cwd: "/nonexistent" });
  const running = main(["broadcast", ...argv], io);
  for (const [question, answer] of answers) {
    while (!question.test(io.stderr.text())) await new Promise((resolve) => setTimeout(resolve, 2));
    io.stdin.write(answer);
  }
  return { code: await running, stdout: io.stdout.text(), stderr: io.stderr.text() };
}
