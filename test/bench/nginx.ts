import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { OK, TOKEN } from "./sink.ts";

export interface Nginx {
  url: string;
  stop(): Promise<void>;
}

/**
 * The same answers as the sink's from nginx, which takes a third of the CPU time for them: on two cores, what the sink
 * takes is missing to the tool and Redis. Undefined where there is no nginx.
 */
export async function startNginx(): Promise<Nginx | undefined> {
  if (spawnSync("nginx", ["-v"]).error) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "push-cli-nginx-"));
  const port = await findFreePort();
  writeFileSync(join(dir, "nginx.conf"), configOf(dir, port));
  const server = spawn("nginx", ["-p", dir, "-e", join(dir, "errors"), "-c", join(dir, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  // A bench that fails must not leave it running.
  process.once("exit", () => server.kill());
  await untilListening(port);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.kill();
      await once(server, "exit");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configOf(dir: string, port: number): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(dir, name)};`)
    .join(" ");
  return `
    worker_processes 1; daemon off; pid ${join(dir, "pid")};
    events { worker_connections 4096; }
    http {
      ${folders} access_log off; keepalive_requests 1000000000; keepalive_timeout 600; default_type application/json;
      server {
        listen 127.0.0.1:${port};
        location = /cgi-bin/stable_token { return 200 '${TOKEN}'; }
        location / { return 200 '${OK}'; }
      }
    }`;
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, "127.0.0.1");
    const [there] = await Promise.race([
      once(socket, "connect").then(() => [true]),
      once(socket, "error").then(() => [false]),
    ]).catch(() => [false]);
    socket.destroy();
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx does not listen");
}
