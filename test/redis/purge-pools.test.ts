import { expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { type EntryKind, goes, playPurges, stays } from "./purge-game.ts";
import { purgeToTheEnd } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

/* What the script does itself, what it returns to be read, and where in a pool one ends and the other begins. */

const redis = useTestRedis();

const jackson = (formId: string, expire: number) =>
  JSON.stringify({ "@class": "com.example.Vo", formId, expire });

const KINDS: EntryKind[] = [
  goes((id) => plainEntry(id, PAST)),
  stays((id) => plainEntry(id, FAR)),
  goes((id) => jackson(id, PAST)),
  stays((id) => jackson(id, FAR)),
  { ...stays(() => JAVA_ENTRY), unreadable: true },
  {
    make: (id) => `[${plainEntry(id, PAST)},${plainEntry(id, FAR)}]`,
    expired: 1,
    left: (id) => `[${plainEntry(id, FAR)}]`,
  },
];

it("takes out just the expired codes, whatever stands before and behind them", async () => {
  const ground = {
    store: redis.open.stores.pools,
    name: (n: number) => `u${n}`,
    clear: () => redis.client.flushall(),
    put: (openId: string, entries: string[]) => redis.push(openId, ...entries),
    entries: redis.entries,
  };
  await playPurges(KINDS, ground, 400);
}, 120_000);

it("takes an expired code from before valid ones and one of another form", async () => {
  const valid = [plainEntry("b", FAR), jackson("c", FAR)];
  await redis.push("u", plainEntry("a", PAST), ...valid);
  await purgeToTheEnd(redis.open.stores.pools, ["u"], false);
  expect(await redis.entries("u")).toEqual(valid);
});
