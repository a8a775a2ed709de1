import type { RedisKey } from "./keys.ts";
import type { ScriptCall } from "./link.ts";

const SLOTS = 16_384;

/** A script's call for the users of one slot. */
export interface SlotCall extends ScriptCall {
  slot: number;
}

/**
 * Splits a call for many users into one per slot, because a cluster runs no script across slots, and returns the replies
 * in the users' order. `send` returns the reply to each call, `unpack` splits it into one per user.
 */
export async function splitBySlot<User, Reply>(
  users: User[],
  plan: (users: User[]) => ScriptCall,
  send: (calls: SlotCall[]) => Promise<unknown[]>,
  unpack: (reply: unknown, users: User[]) => ArrayLike<Reply>,
): Promise<Reply[]> {
  const { keys } = plan(users);
  const groups = new Map<number, number[]>();
  for (const index of users.keys()) {
    const slot = slotOf(keys[index * (keys.length / users.length)]!);
    const group = groups.get(slot);
    if (group) group.push(index);
    else groups.set(slot, [index]);
  }
  const split = [...groups].map(([slot, indices]) => ({ slot, indices, of: indices.map((i) => users[i]!) }));
  const answers = await send(split.map(({ slot, of }) => ({ slot, ...plan(of) })));
  const replies: Reply[] = new Array(users.length);
  for (const [i, { indices, of }] of split.entries()) {
    const own = unpack(answers[i], of);
    for (const [n, index] of indices.entries()) replies[index] = own[n]!;
  }
  return replies;
}

/** For scripts that already reply with one item per user. */
export function asItIs<Reply>(reply: unknown): ArrayLike<Reply> {
  return reply as ArrayLike<Reply>;
}

/** The cluster slot of a key, by its {tag} if it has one. */
export function slotOf(key: RedisKey): number {
  const bytes = Buffer.from(key);
  const tag = /^[^{]*\{([^}]+)\}/.exec(bytes.toString("latin1"))?.[1];
  return crc16(tag === undefined ? bytes : Buffer.from(tag, "latin1")) % SLOTS;
}

/** CRC-16/XMODEM, as defined in the Redis Cluster specification. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC_TABLE[((crc >> 8) ^ byte) & 0xff]!;
  return crc;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
