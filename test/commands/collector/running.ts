import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterAll } from "vitest";
import type { CliResult } from "../../helpers/cli.ts";
import type { World } from "../world.ts";

/** Of the tests' sessions. */
export const SECRET = "0123456789abcdef0123456789abcdef";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json<T>(): T;
}

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A collector in this process, at a socket of its own. */
export interface TestCollector {
  socketPath: string;
  /** Without a body: GET. */
  ask(path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /** Delivers a signal, and waits for the end. */
  end(signal?: Signal): Promise<CliResult>;
}

const WAIT_MS = 20;

/** What starts collectors for a test file; those that a failed test leaves are ended. */
export function useCollectors(world: World): {
  folder: string;
  start(argv?: string[], env?: Record<string, string>): Promise<TestCollector>;
} {
  const folder = mkdtempSync(join(tmpdir(), "collector-"));
  const running = new Set<TestCollector>();
  let count = 0;
  afterAll(async () => {
    for (const collector of running) await collector.end();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (argv: string[] = [], env: Record<string, string> = {}) => {
    const socketPath = join(folder, `${++count}.sock`);
    let signal = (_name: Signal) => {};
    let ended: CliResult | undefined;
    const done = world.cli(["collector", "--listen", `unix:${socketPath}`, ...argv], {
      env: { PUSH_CLI_COLLECTOR_SECRET: SECRET, ...env },
      onStart: (deliver) => {
        signal = deliver;
      },
    });
    void done.then((result) => {
      ended = result;
    });
    const { ask, close } = openClient(socketPath);
    const collector: TestCollector = {
      socketPath,
      ask,
      end: async (name = "SIGTERM") => {
        running.delete(collector);
        signal(name);
        const result = await done;
        await close();
        return result;
      },
    };
    running.add(collector);
    for (;;) {
      if (ended) throw new Error(`the collector ended: ${ended.stderr}`);
      if (await ask("/healthz").catch(() => undefined)) return collector;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  };
  return { folder, start };
}

export function openClient(socketPath: string): Pick<TestCollector, "ask"> & { close(): Promise<void> } {
  const dispatcher = new Agent({ connect: { socketPath } });
  return {
    ask: async (path, { body, headers = {} } = {}) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const post = {
        method: "POST",
        body: text,
        headers: { "content-type": "application/json", ...headers },
      };
      const what = body === undefined ? { headers } : post;
      const answer = await request(`http://collector${path}`, { dispatcher, ...what });
      const said = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text: said, json: () => JSON.parse(said) };
    },
    close: () => dispatcher.close(),
  };
}
