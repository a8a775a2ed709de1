import { Writable } from "node:stream";
import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { withInput } from "./demo-consents.ts";
import type { Deps } from "./deps.ts";

export interface Step {
  say: string;
  argv: string[];
  /** On stdin. */
  input?: string;
}

/** A step as the document of `demo --json` has it, with what its command printed. */
export interface PlayedStep {
  say: string;
  argv: readonly string[];
  /** Null for what was killed. */
  exitCode: number | null;
  documents: unknown[];
}

/** Runs the steps one after the other, and tells what came of each where that is to be a document. Rejects when a command does not end as it should. */
export async function runSteps(
  deps: Deps,
  io: Io,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<PlayedStep[]> {
  const played: PlayedStep[] = [];
  for (const step of steps) {
    announce(deps, step);
    const { exitCode, documents } = await runStep(deps, io, step);
    if (signal.aborted) return played;
    if (exitCode !== 0)
      throw new PushCliError("unexpected", `the demo's "${step.argv[0]}" ended with exit code ${exitCode}`);
    played.push({ say: step.say, argv: step.argv, exitCode, documents });
  }
  return played;
}

async function runStep(
  { out, runCli }: Deps,
  io: Io,
  { argv, input }: Step,
): Promise<{ exitCode: number; documents: unknown[] }> {
  const own = input === undefined ? io : withInput(io, input);
  if (out.format !== "json") return { exitCode: await runCli(argv, own), documents: [] };
  const texts: string[] = [];
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      texts.push(String(chunk));
      done();
    },
  });
  const exitCode = await runCli([...argv, "--json"], { ...own, stdout });
  return { exitCode, documents: readDocuments(texts.join("")) };
}

/** One document over many lines, or one a line. */
function readDocuments(text: string): unknown[] {
  if (/^[{[]\n/.test(text)) return [JSON.parse(text)];
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

export function announce({ out }: Deps, { say, argv }: Step): void {
  out.talk(`\n${say}`);
  out.talk(`$ push-cli ${argv.map((word) => (/[\s,]/.test(word) ? `"${word}"` : word)).join(" ")}`);
}
