import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface TestProxy {
  /** `127.0.0.1:port`. */
  host: string;
  /** Method and target of each request that it got. */
  requests: string[];
  stop(): Promise<void>;
}

/** A real proxy in a process of its own; `user` is `name:password`, `status` what it answers everything with. */
export async function startProxy({ user = "-", status = 0 } = {}): Promise<TestProxy> {
  const script = fileURLToPath(new URL("proxy-server.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, user, String(status)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout);
  const [port] = await once(lines, "line");
  const requests: string[] = [];
  lines.on("line", (line) => requests.push(line));
  return {
    host: `127.0.0.1:${port}`,
    requests,
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}
