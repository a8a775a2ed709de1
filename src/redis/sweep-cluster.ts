import type { Cluster, Redis } from "ioredis";
import { PushCliError, SweepCutError } from "../errors.ts";
import type { Sweep } from "./link.ts";
import { connectNode, type NodeLink, type NodeOptions } from "./node.ts";

type Surroundings = Pick<NodeOptions, "circumstances" | "patience" | "log">;

/** What a master says about itself in CLUSTER NODES. */
interface Own {
  /** Its id, configuration epoch and slots: the text differs once a slot or a master has changed. */
  text: string;
  slots: number;
  /** Slots that are being migrated, as Redis writes them: [93-<-id] or [93->-id]. */
  open: string[];
}

/** How long a cluster may take until every slot has a master and no slot is being migrated. */
const SETTLE_MS = 30_000;
const POLL_MS = 100;
/** For a connection that is lost during a sweep; a server that is gone is noticed when the next sweep is opened. */
const RECONNECT_MS = 1000;

/**
 * Opens a sweep over all masters. While one is missing or a slot is being migrated, it waits: a key that moves during a
 * sweep would be missed. If slots continue to migrate one after another, the wait ends before they do; such a sweep
 * will be reported as cut.
 */
export async function openClusterSweep(cluster: Cluster, options: Surroundings): Promise<Sweep> {
  const startedAt = performance.now();
  let firstOpen: string | undefined;
  for (;;) {
    const late = performance.now() - startedAt > SETTLE_MS;
    try {
      const { nodes, owns } = await askMasters(cluster, options);
      const open = owns.flatMap((own) => own.open).join(" ");
      firstOpen ??= open;
      if (open === "" || (late && open !== firstOpen)) return createSweep(nodes, owns);
      close(nodes);
      if (late) throw stuck(open, options);
    } catch (error) {
      if (late || !isTransient(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function createSweep(nodes: NodeLink[], before: Own[]): Sweep {
  return {
    nodes: nodes.map((node) => ({
      client: node.client,
      call: (command) => orCut(node, node.call(command)),
      get connections() {
        return node.connections;
      },
      serverId: () => orCut(node, node.serverId()),
    })),
    checkWhole: async () => {
      const after = await Promise.all(nodes.map((node) => orCut(node, askOwn(node))));
      const changed = after.some((own, i) => own.open.length > 0 || own.text !== before[i]?.text);
      if (changed || before.some((own) => own.open.length > 0)) throw new SweepCutError();
    },
    close: () => close(nodes),
  };
}

/** Keys of a server that is gone for good have been missed. */
async function orCut<T>(node: NodeLink, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw node.client.status === "end" ? new SweepCutError() : error;
  }
}

/** Connections to all masters, which together serve all slots. */
async function askMasters(
  cluster: Cluster,
  options: Surroundings,
): Promise<{ nodes: NodeLink[]; owns: Own[] }> {
  await refreshSlots(cluster);
  const masters = cluster.nodes("master");
  const connected = await Promise.allSettled(masters.map((master) => connectTo(master, options)));
  const nodes = connected.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  try {
    for (const result of connected) if (result.status === "rejected") throw result.reason;
    const owns = await Promise.all(nodes.map(askOwn));
    const known = cluster.slots.filter((keys) => keys !== undefined).length;
    if (owns.reduce((sum, own) => sum + own.slots, 0) === known) return { nodes, owns };
    throw new PushCliError("redis", `the masters at ${options.circumstances.where} disagree about slots`, {
      hint: "try again shortly; redis-cli --cluster check shows the state of a cluster",
      transient: true,
    });
  } catch (error) {
    close(nodes);
    throw error;
  }
}

function connectTo(master: Redis, { circumstances, patience, log }: Surroundings): Promise<NodeLink> {
  return connectNode({
    make: (own) => master.duplicate({ ...own, socketTimeout: master.options.socketTimeout ?? 0 }),
    circumstances: { ...circumstances, recovers: true },
    reconnectMs: RECONNECT_MS,
    patience,
    log,
  });
}

/** Refreshes the slots. A failure doesn't matter: the masters' own statements are compared with what is known. */
function refreshSlots(cluster: Cluster): Promise<void> {
  return new Promise((resolve) => cluster.refreshSlotsCache(() => resolve()));
}

async function askOwn(node: NodeLink): Promise<Own> {
  const text = String(await node.call(node.client.cluster("NODES")));
  const line = text.split("\n").find((each) => each.includes("myself")) ?? "";
  const [id = "", , flags = "", , , , epoch = "", , ...ranges] = line.trim().split(" ");
  if (!flags.includes("master")) throw new SweepCutError();
  const slots = ranges.filter((range) => !range.startsWith("["));
  const open = ranges.filter((range) => range.startsWith("["));
  return { text: [id, epoch, ...slots].join(" "), slots: sum(slots.map(sizeOf)), open };
}

function sizeOf(range: string): number {
  const [from, to = from] = range.split("-").map(Number);
  return to! - from! + 1;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function close(nodes: NodeLink[]): void {
  for (const node of nodes) node.close();
}

/** A master that was just lost will soon have a successor. */
function isTransient(error: unknown): boolean {
  return error instanceof SweepCutError || (error instanceof PushCliError && error.transient);
}

function stuck(open: string, { circumstances }: Surroundings): PushCliError {
  const slots = [...new Set([...open.matchAll(/\[(\d+)/g)].map((match) => match[1]))].join(", ");
  return new PushCliError(
    "redis",
    `the cluster at ${circumstances.where} is moving slots from one server to another (${slots}), and the move does not finish`,
    { hint: "redis-cli --cluster check shows its state, and redis-cli --cluster fix finishes it" },
  );
}
