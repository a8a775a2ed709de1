import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import type { PlayedStep } from "./demo-steps.ts";
import type { Deps } from "./deps.ts";

/** Somebody who has no pool so far. */
const OPEN_ID = "demo-user-1000";

const ARGV = ["collector", "--listen", "127.0.0.1:0"];

/** What a client reports: two codes of taps, and what the developer tools give in the place of one. */
const REPORT = JSON.stringify({
  codes: [
    { formId: "tap0001", ageMs: 60_000 },
    { formId: "tap0002" },
    { formId: "the formId is a mock one" },
  ],
});

export const FILLED_STEPS = [{ say: "Show the user's pool now:", argv: ["pool", "show", OPEN_ID] }];

/**
 * Runs a collector on the demo's Redis and API and plays a client: it logs in, and reports the same twice. Rejects when something
 * is not answered as it should be.
 */
export async function fillByCollector(deps: Deps, io: Io, sandboxUrl: string): Promise<PlayedStep> {
  const { out } = deps;
  const say = "Collect codes: clients report them to a collector, which asks the platform who the user is.";
  out.talk(`\n${say}`);
  out.talk(`$ push-cli ${ARGV.join(" ")}`);
  const documents: unknown[] = [];
  const show = (line: string) => {
    if (out.format === "json") documents.push(JSON.parse(line));
    else out.data(line);
  };
  const collector = startCollector(deps, io, show);
  let exitCode: number;
  try {
    const address = await collector.address;
    const probe = deps.collectorProbe(io);
    const ask = async (url: string, body: string, token?: string) => {
      const answer = await probe.ask(url, { body, ...(token !== undefined && { token }) });
      if ("status" in answer && answer.status === 200) return answer.text;
      throw new PushCliError("unexpected", `no response to the demo's request to ${url}`);
    };
    const login = await ask(`${sandboxUrl}/sandbox/login`, JSON.stringify({ openId: OPEN_ID }));
    out.talk("The client logs in with a code from the platform and gets a session:  POST /login");
    const { token } = JSON.parse(await ask(`${address}/login`, login)) as { token: string };
    out.talk(`It reports:  POST /codes ${REPORT}`);
    show(await ask(`${address}/codes`, REPORT, token));
    out.talk("Suppose the response was lost: the client reports again, and nothing changes:");
    show(await ask(`${address}/codes`, REPORT, token));
  } finally {
    exitCode = await collector.end();
  }
  return { say, argv: ARGV, exitCode, documents };
}

/** In this process, with its log among the demo's output. */
function startCollector({ runCli }: Deps, io: Io, show: (line: string) => void) {
  let tell = (_address: string) => {};
  const address = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of String(chunk).split("\n").filter(Boolean)) {
        show(line);
        const { event, address: at } = JSON.parse(line) as { event: string; address: string };
        if (event === "started") tell(at);
      }
      done();
    },
  });
  let deliver: Parameters<Io["onSignal"]>[0] = () => {};
  const ended = runCli(ARGV, {
    ...io,
    stdout,
    env: { ...io.env, PUSH_CLI_COLLECTOR_SECRET: randomBytes(32).toString("hex") },
    onSignal: (listener) => {
      deliver = listener;
      return () => {};
    },
  });
  const failed = ended.then((code) => {
    throw new PushCliError("unexpected", `the demo's collector ended with exit code ${code}`);
  });
  return {
    address: Promise.race([address, failed]),
    end: () => {
      deliver("SIGTERM");
      return ended;
    },
  };
}
