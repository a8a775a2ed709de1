import type { PoolPiece, ReadPiece } from "../pool/ports.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

/** Limits of a call: about a millisecond of Redis' time, and a reply of negligible size. */
const CALL_ENTRIES = 1500;
const CALL_BYTES = 128 * 1024;
/** Entries of a pool to ask for at first: nearly all pools have fewer. */
const FIRST = 8;
/** After an entry of more than this size, only one. */
const HEAVY_BYTES = CALL_BYTES / FIRST;

interface OpenPool {
  index: number;
  key: RedisKey;
  from: number;
}

/** What a call has read, and which of its pools still have entries to read. */
interface Step {
  pieces: ReadPiece[];
  open: OpenPool[];
  /** Redis' error about the first of `open`. */
  failure?: string | undefined;
}

/** See `PoolStore.read`. */
export async function readPools(
  link: RedisLink,
  keys: Keys,
  openIds: readonly string[],
  visit: (pieces: ReadPiece[]) => void | Promise<void>,
): Promise<void> {
  let open: OpenPool[] = openIds.map((openId, index) => ({ index, key: keys.pool(openId), from: 0 }));
  let first = FIRST;
  const failures = new FailureWatch(link);
  while (open.length > 0) {
    const plan = (some: OpenPool[]) => ({
      keys: some.map(({ key }) => key),
      args: [CALL_ENTRIES, CALL_BYTES, first, ...some.filter(({ from }) => from > 0).map(({ from }) => from)],
    });
    const replies = await link.runBatch(SCRIPTS.readPools, open, plan, toStep);
    const steps = Array.from(replies).filter((step) => step !== undefined);
    open = steps.flatMap((step) => step.open).sort((a, b) => b.from - a.from);
    const pieces = steps.flatMap((step) => step.pieces);
    const isHeavy = pieces.some(({ entries }) => entries.some(({ length }) => length > HEAVY_BYTES));
    first = isHeavy ? 1 : FIRST;
    for (const step of steps) await failures.look(step);
    if (pieces.length > 0) await visit(pieces);
  }
}

/** A call's reply is assigned to the first of its pools, and undefined to the others. */
function toStep(reply: unknown, pools: OpenPool[]): (Step | undefined)[] {
  const [done, from, bytes, failure] = reply as [number, number, Buffer, Buffer | undefined];
  const open = pools.slice(done);
  if (open[0]) open[0] = { ...open[0], from };
  const pieces = splitText(bytes.toString("latin1"), pools);
  const step = { pieces, open, failure: failure?.toString() };
  return pools.map((_, i) => (i === 0 ? step : undefined));
}

const SPACE = 32;
const LINE_END = 10;
const ZERO = 48;

/** Parses the reply of read-pools.lua. */
function splitText(text: string, pools: OpenPool[]): ReadPiece[] {
  const pieces: ReadPiece[] = [];
  let entries: string[] = [];
  let pool = 0;
  let at = 0;
  const close = () => {
    if (entries.length > 0) pieces.push({ index: pools[pool]!.index, entries });
    entries = [];
    pool++;
  };
  while (at < text.length) {
    let size = 0;
    let code = text.charCodeAt(at++);
    if (code === LINE_END) {
      close();
      continue;
    }
    for (; code !== SPACE; code = text.charCodeAt(at++)) size = size * 10 + code - ZERO;
    entries.push(text.slice(at, at + size));
    at += size;
  }
  close();
  return pieces;
}

/** How often a pool may be readable by the command alone, but not by the script. */
const STRIKES = 3;

/**
 * Turns a read failure of the script into an error: the command alone fails with a message that names the key or the
 * right.
 */
class FailureWatch {
  private readonly link: RedisLink;
  private strikes = 0;

  constructor(link: RedisLink) {
    this.link = link;
  }

  async look({ failure, open: [pool] }: Step): Promise<void> {
    if (failure === undefined || !pool) return;
    await this.link.call(this.link.client.lrange(pool.key, 0, 0));
    // The failure was temporary, for example another type for a moment.
    if (++this.strikes < STRIKES) return;
    await this.link.call(Promise.reject(Object.assign(new Error(failure), { name: "ReplyError" })));
  }
}

/** See `PoolStore.slice`. */
export async function slicePools(link: RedisLink, keys: Keys, pieces: PoolPiece[]): Promise<string[][]> {
  return Promise.all(
    pieces.map(async ({ openId, from, count }) => {
      const pool = { index: 0, key: keys.pool(openId), from };
      const reply = await link.run(SCRIPTS.readPools, [pool.key], [count, CALL_BYTES, 1, from]);
      const [step] = toStep(reply, [pool]);
      if (step) await new FailureWatch(link).look(step);
      return step?.pieces[0]?.entries ?? [];
    }),
  );
}
