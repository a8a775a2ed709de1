import { PushCliError } from "../errors.ts";
import type { RedisKey } from "./keys.ts";
import type { RedisLink, Sweep } from "./link.ts";
import type { NodeLink } from "./node.ts";
import { SEVERAL_SLOTS } from "./replies.ts";
import { runScript } from "./scripts.ts";
import { asItIs, type SlotCall, splitBySlot } from "./slots.ts";

/** What is known about the keys behind one address. */
export interface Behind {
  /** The address, for display. */
  where: string;
  /**
   * Where the keys are: all on this server; or unknown, to be determined by `probe`, two keys of different slots; or on
   * several servers.
   */
  keys: "here" | "unknown" | "several";
  probe?: readonly [RedisKey, RedisKey] | undefined;
  /** The operator knows that SCAN through this address returns the keys of all servers. */
  scanShowsAll: boolean;
}

/** One server with all keys, or something that presents itself as one. */
export function createSingleLink(node: NodeLink, behind: Behind): RedisLink {
  const { client, call } = node;
  // A proxy in front of a cluster has one address, but its servers refuse calls with keys in several slots.
  let isOneSlot = behind.keys !== "several";
  const run: RedisLink["run"] = (script, keys, args) => call(runScript(client, script, keys, args));
  let swept = false;
  const checkShown = () => {
    if (swept && !isOneSlot && !behind.scanShowsAll && behind.keys !== "here") throw mayHideKeys(behind);
  };
  return {
    client,
    call,
    run,
    runBatch: async (script, users, plan, unpack = asItIs) => {
      if (isOneSlot) {
        const { keys, args } = plan(users);
        try {
          return unpack(await runScript(client, script, keys, args), users);
        } catch (error) {
          if (users.length < 2 || !isSeveralSlots(error)) throw node.explain(error);
          isOneSlot = false;
          // Before a sweep that assumed a single server has had any effect.
          checkShown();
        }
      }
      const send = (calls: SlotCall[]) => Promise.all(calls.map(({ keys, args }) => run(script, keys, args)));
      return splitBySlot(users, plan, send, unpack);
    },
    openSweep: async (): Promise<Sweep> => {
      swept = true;
      if (isOneSlot && behind.keys === "unknown" && (await splitsKeys(node, behind))) isOneSlot = false;
      checkShown();
      return { nodes: [node], checkWhole: async () => undefined, close: () => undefined };
    },
    infoClients: () => (node.info ? [client] : undefined),
    get connections() {
      return node.connections;
    },
    now: async () => toMs(await call(client.time())),
    close: node.close,
  };
}

/** No script has this hash; servers and proxies check the keys before they look the script up. */
const NO_SCRIPT = "0".repeat(40);

/** Whether two keys are refused in one call: a plain server replies that there is no such script. */
async function splitsKeys({ client }: NodeLink, { probe }: Behind): Promise<boolean> {
  if (!probe) return false;
  const [answer] = await Promise.allSettled([client.evalsha(NO_SCRIPT, 2, ...probe)]);
  return answer.status === "rejected" && isSeveralSlots(answer.reason);
}

function isSeveralSlots(error: unknown): boolean {
  return SEVERAL_SLOTS.test((error as Error).message);
}

function mayHideKeys({ where }: Behind): PushCliError {
  return new PushCliError(
    "redis",
    `the Redis at ${where} is a proxy in front of several servers, and SCAN through it may show only some of the keys`,
    {
      hint: "broadcast --to-file needs no SCAN; redis+cluster://host:port,host:port with the servers' own addresses shows all keys; if its vendor says that SCAN through the proxy does too, add ?scan=all to the URL",
    },
  );
}

/** Redis' TIME as epoch ms. */
export function toMs([sec, micro]: (number | string)[]): number {
  return Number(sec) * 1000 + Math.floor(Number(micro) / 1000);
}
