import { Cluster, Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import { type RedisView, viewRedis } from "./redis.ts";

/** How many slots there are; each of the three masters begins with a third. */
const SLOTS = 16_384;

/** Three masters with a replica each, on 127.0.0.1. Its URL is redis+cluster:// with all servers. */
export interface TestCluster extends RedisView {
  readonly servers: PrivateRedis[];
  /** A plain client that knows its way. */
  readonly client: Cluster;
  /** The server that has a slot now. */
  masterOf(slot: number): Promise<PrivateRedis>;
  /** The masters now. */
  masters(): Promise<PrivateRedis[]>;
  /** Empties all servers. */
  flush(): Promise<void>;
  /** SIGKILL for a master, as `killMaster` does it. */
  kill(server: PrivateRedis): Promise<void>;
  /** A plain client of one server. */
  to(server: PrivateRedis): Redis;
  stop(): Promise<void>;
}

const ARGS = [
  ...["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"],
  ...[
    "--cluster-allow-replica-migration",
    "no",
    "--repl-diskless-sync-delay",
    "0",
    "--repl-ping-replica-period",
    "1",
  ],
];

export async function startTestCluster({
  replicas = true,
  args = [] as string[],
} = {}): Promise<TestCluster> {
  const count = replicas ? 6 : 3;
  const servers = await Promise.all(
    Array.from({ length: count }, () => startPrivateRedis({ args: [...ARGS, ...args] })),
  );
  const direct = servers.map((server) => {
    const client = new Redis(server.port, "127.0.0.1", { maxRetriesPerRequest: null });
    client.on("error", () => undefined);
    return client;
  });
  const masters = servers.slice(0, 3);
  await Promise.all(
    masters.map((_, i) => {
      const [from, to] = [i, i + 1].map((n) => Math.ceil((n * SLOTS) / 3)) as [number, number];
      const slots = Array.from({ length: to - from }, (_, n) => from + n);
      return direct[i]!.call("CLUSTER", "ADDSLOTS", ...slots);
    }),
  );
  // Different epochs from the start, or the servers would have to sort that out first.
  for (const [i, client] of direct.entries()) await client.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
  for (const client of direct.slice(1)) await client.call("CLUSTER", "MEET", "127.0.0.1", servers[0]!.port);
  await eventually(async () => {
    for (const client of direct) if ((await nodesOf(client)).length !== count) return false;
    return true;
  });
  for (const [i, client] of direct.slice(3).entries()) {
    const id = String(await direct[i]!.call("CLUSTER", "MYID"));
    await eventually(() =>
      client.call("CLUSTER", "REPLICATE", id).then(
        () => true,
        () => false,
      ),
    );
  }
  const port = servers[0]!.port;
  await eventually(async () => {
    for (const client of direct) {
      if (!String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok")) return false;
      const lines = await nodesOf(client);
      if (replicas && lines.filter((line) => line.includes("slave")).length !== 3) return false;
    }
    for (const client of direct.slice(3)) {
      if (!String(await client.info("replication")).includes("master_link_status:up")) return false;
    }
    return true;
  });
  const client = new Cluster([{ host: "127.0.0.1", port }], {
    redisOptions: { protocol: 2 },
    maxRedirections: 1000,
  });
  client.on("error", () => undefined);
  const to = (server: PrivateRedis) => direct[servers.indexOf(server)]!;
  const byPort = (wanted: number) => servers.find((server) => server.port === wanted)!;
  // A question to a server that is gone would wait for it for ever.
  const gone = new Set<Redis>();
  const ranges = async () => {
    for (const each of direct) {
      if (gone.has(each)) continue;
      return (await each.call("CLUSTER", "SLOTS")) as [number, number, [string, number]][];
    }
    throw new Error("no server of the cluster is left");
  };
  const mastersNow = async () => [
    ...new Set((await ranges()).map(([, , [, masterPort]]) => byPort(masterPort))),
  ];
  const keys = async (pattern: string) =>
    (await Promise.all((await mastersNow()).map((server) => to(server).keys(pattern)))).flat();
  const url = `redis+cluster://${servers.map((server) => `127.0.0.1:${server.port}`).join(",")}`;
  return {
    ...viewRedis(url, client, keys),
    servers,
    client,
    to,
    masterOf: async (slot) => {
      const range = (await ranges()).find(([from, last]) => from <= slot && slot <= last);
      return byPort(range![2][1]);
    },
    masters: mastersNow,
    flush: async () => {
      for (const server of await mastersNow()) await to(server).flushall();
    },
    kill: async (server) => {
      gone.add(to(server));
      await killMaster(server, to(server));
    },
    stop: async () => {
      client.disconnect();
      for (const each of direct) each.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function nodesOf(client: Redis): Promise<string[]> {
  const lines = String(await client.call("CLUSTER", "NODES"))
    .trim()
    .split("\n");
  return lines.filter((line) => !line.includes("handshake"));
}

/** What `redis-cli --cluster reshard` does with a slot, in steps. */
export interface SlotMove {
  /** Keys go over one by one, some of them. */
  moveKeys(share: number): Promise<void>;
  /** The slot belongs to the other server now. */
  finish(): Promise<void>;
}

export async function beginMove(cluster: TestCluster, slot: number): Promise<SlotMove> {
  const from = await cluster.masterOf(slot);
  const to = (await cluster.masters()).find((server) => server !== from)!;
  const [fromId, toId] = await Promise.all(
    [from, to].map(async (server) => String(await cluster.to(server).call("CLUSTER", "MYID"))),
  );
  await cluster.to(to).call("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId!);
  await cluster.to(from).call("CLUSTER", "SETSLOT", slot, "MIGRATING", toId!);
  const moveKeys = async (share: number) => {
    const keys = (await cluster.to(from).call("CLUSTER", "GETKEYSINSLOT", slot, 1e6)) as string[];
    for (const key of keys.slice(0, Math.ceil(keys.length * share)))
      await cluster.to(from).migrate("127.0.0.1", to.port, key, 0, 5000);
  };
  return {
    moveKeys,
    finish: async () => {
      // A claim may have made a ledger in the meantime.
      await moveKeys(1);
      for (const server of [to, from])
        await cluster.to(server).call("CLUSTER", "SETSLOT", slot, "NODE", toId!);
      for (const server of await cluster.masters())
        if (server !== from && server !== to)
          await cluster.to(server).call("CLUSTER", "SETSLOT", slot, "NODE", toId!);
    },
  };
}

/**
 * SIGKILL for a master, once its replica has all that it has acknowledged: what asynchronous replication may lose is
 * not to be met here by chance. Writes that come meanwhile are held back unanswered.
 */
export async function killMaster(server: PrivateRedis, client: Redis): Promise<void> {
  await client.call("CLIENT", "PAUSE", 10_000, "WRITE");
  await eventually(async () => {
    const info = await client.info("replication");
    const offset = /^master_repl_offset:(\d+)/m.exec(info)?.[1];
    return offset !== undefined && /^slave0:.*,offset=(\d+)/m.exec(info)?.[1] === offset;
  });
  await server.kill();
}

/** Looks every few milliseconds until it holds. */
export async function eventually(condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
