import type { RedisLink } from "./link.ts";
import type { NodeLink } from "./node.ts";
import { runScript } from "./scripts.ts";
import { asItIs, type SlotCall, splitBySlot } from "./slots.ts";

/** One server with all keys, or whatever presents itself as one. */
export function createSingleLink(node: NodeLink): RedisLink {
  const { client, call } = node;
  // A proxy before a cluster has one address, and its servers' opinion of keys in several slots.
  let isOneSlot = true;
  const run: RedisLink["run"] = (script, keys, args) => call(runScript(client, script, keys, args));
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
          if (users.length < 2 || !/^CROSSSLOT/.test((error as Error).message)) throw node.explain(error);
          isOneSlot = false;
        }
      }
      const send = (calls: SlotCall[]) => Promise.all(calls.map(({ keys, args }) => run(script, keys, args)));
      return splitBySlot(users, plan, send, unpack);
    },
    openSweep: async () => ({ nodes: [node], checkWhole: async () => undefined, close: () => undefined }),
    servers: () => [client],
    now: async () => toMs(await call(client.time())),
    close: node.close,
  };
}

/** Redis' TIME as epoch ms. */
export function toMs([sec, micro]: (number | string)[]): number {
  return Number(sec) * 1000 + Math.floor(Number(micro) / 1000);
}
