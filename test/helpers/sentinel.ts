import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { launchRedis, type RedisProcess } from "../../src/local-redis/redis-process.ts";
import { findRedisProgram } from "../../src/local-redis/redis-program.ts";
import { eventually } from "./cluster.ts";
import { type RedisView, viewRedis } from "./redis.ts";

export const MASTER = "push-master";

/** A master with a replica, watched by three Sentinels. The URL is redis+sentinel://. */
export interface TestSentinels extends RedisView {
  readonly servers: [PrivateRedis, PrivateRedis];
  readonly client: Redis;
  to(server: PrivateRedis): Redis;
  /** The port that the Sentinels agree on. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

export async function startTestSentinels(): Promise<TestSentinels> {
  const args = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
  const servers = [await startPrivateRedis({ args }), await startPrivateRedis({ args })] as const;
  const [first, second] = servers;
  const direct = servers.map(({ port }) => connect(port));
  await direct[1]!.replicaof("127.0.0.1", first.port);
  await eventually(async () => (await direct[1]!.info("replication")).includes("master_link_status:up"));
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port)));
  const asked = sentinels.map(({ port }) => connect(port));
  // A failover needs a majority, and a Sentinel that has not heard of the replica has nobody to promote.
  await eventually(async () => {
    for (const sentinel of asked) {
      const [, count] =
        /num-slaves,(\d+)/.exec(String(await sentinel.call("SENTINEL", "MASTER", MASTER))) ?? [];
      const [, others] =
        /num-other-sentinels,(\d+)/.exec(String(await sentinel.call("SENTINEL", "MASTER", MASTER))) ?? [];
      if (count !== "1" || others !== "2") return false;
    }
    return true;
  });
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",");
  const client = new Redis({
    sentinels: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
    name: MASTER,
    maxRetriesPerRequest: null,
  });
  client.on("error", () => undefined);
  return {
    ...viewRedis(`redis+sentinel://${hosts}/${MASTER}`, client, (pattern) => client.keys(pattern)),
    client,
    servers: [first, second],
    to: (server) => direct[servers.indexOf(server)]!,
    masterPort: async () => {
      const ports = await Promise.all(
        asked.map((sentinel) => sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)),
      );
      const all = new Set(ports.map((address) => Number((address as string[])[1])));
      return all.size === 1 ? [...all][0]! : 0;
    },
    stop: async () => {
      client.disconnect();
      for (const each of [...direct, ...asked]) each.disconnect();
      await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
    },
  };
}

function connect(port: number): Redis {
  const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  return client;
}

async function startSentinel(masterPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "push-cli-sentinel-"));
  const port = await findFreePort();
  const file = join(dir, "sentinel.conf");
  // A Sentinel rewrites its file, so it has to have one.
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${dir}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 5000`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const program = await findRedisProgram();
  const sentinel: RedisProcess = await launchRedis({ program, args: [file, "--sentinel"], port, dir });
  return {
    port,
    stop: async () => {
      await sentinel.end("SIGTERM");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
