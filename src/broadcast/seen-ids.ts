import { hash } from "node:crypto";

/** Whether an openId is met for the first time, again, or again with other values. */
export type Sight = "new" | "again" | "differs";

/** Of three words for the openId and one for its values: two of a million openIds share three with a chance of 1 in 10^17. */
const WORDS = 4;
const FIRST_SLOTS = 1 << 12;

/**
 * The openIds of a list, in 21 to 43 bytes each: a million take 34 MB, where a Set of them takes more than 100 and keeps the
 * garbage collector busy.
 */
export class SeenIds {
  private slots = new Uint32Array(FIRST_SLOTS * WORDS);
  private count = 0;

  /** `values`: the user's row as text. */
  see(openId: string, values: string): Sight {
    const key = keyOf(openId);
    const said = fingerprint(values);
    const at = this.find(key);
    if (this.slots[at] !== 0) return this.slots[at + 3] === said ? "again" : "differs";
    this.slots.set([...key, said], at);
    this.count++;
    if (this.count * WORDS > this.slots.length * 0.75) this.grow();
    return "new";
  }

  has(openId: string): boolean {
    return this.slots[this.find(keyOf(openId))] !== 0;
  }

  /** The slot where it is, or would go. */
  private find(key: Key): number {
    const { slots } = this;
    const mask = slots.length / WORDS - 1;
    for (let slot = key[1] & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (slots[at] === 0) return at;
      if (slots[at] === key[0] && slots[at + 1] === key[1] && slots[at + 2] === key[2]) return at;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] === 0) continue;
      this.slots.set(old.subarray(at, at + WORDS), this.find([old[at]!, old[at + 1]!, old[at + 2]!]));
    }
  }
}

type Key = readonly [number, number, number];

function keyOf(openId: string): Key {
  const id = hash("sha1", openId, "buffer");
  // Zero marks an empty slot.
  return [id.readUInt32LE(0) || 1, id.readUInt32LE(4), id.readUInt32LE(8)];
}

/** FNV-1a, only for a warning: two different texts have the same one, and no warning, once in four billion. */
function fingerprint(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
