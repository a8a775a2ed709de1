import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Consent, writeConsent } from "../../src/pool/consent.ts";
import type { ConsentStore } from "../../src/pool/consents/ports.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type EntryKind, goes, playPurges, stays } from "./purge-game.ts";
import { beginPools, purgeToTheEnd } from "./purge-to-the-end.ts";
import { watchScripts } from "./script-work.ts";

const DAY_MS = 86_400_000;

let redis: TestRedis;
let store: ConsentStore;
let nowMs: number;
beforeAll(async () => {
  redis = await startTestRedis();
  store = redis.open.stores.consents({ keyPrefix: "mina:", maxAgeMs: 30 * DAY_MS }).pools;
  nowMs = await store.now();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

const keyOf = (name: string) => `mina:consent:{${name.replace(" ", "}:")}`;
const put = (name: string, entries: string[]) => redis.client.rpush(keyOf(name), ...entries);
const left = (name: string) => redis.client.lrange(keyOf(name), 0, -1);

const made = (id: string, days: number, standing = false): Consent => ({
  id,
  atMs: nowMs - days * DAY_MS,
  standing,
});
/** The same consent, in words that the script does not read itself. */
const foreign = ({ id, atMs }: Consent) => `{"at": ${atMs}, "consent": "${id}"}`;

const KINDS: EntryKind[] = [
  goes((id) => writeConsent(made(id, 31))),
  stays((id) => writeConsent(made(id, 1))),
  goes((id) => writeConsent(made(id, 400, true))),
  stays((id) => writeConsent(made(id, 2, true))),
  goes((id) => foreign(made(id, 31))),
  stays((id) => foreign(made(id, 1))),
  goes((id) => writeConsent(made(`(${id})`, 31))),
  { ...stays(() => '{"formId":"f","expire":1568000000000}'), unreadable: true },
];

it("takes out just the consents beyond the maximum age, whatever stands before and behind them", async () => {
  const clear = () => redis.client.flushall();
  await playPurges(KINDS, { store, name: (n) => `u${n} T`, clear, put, entries: left }, 200);
}, 120_000);

it("purges many pools by one call of a script", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `u${i} T`);
  for (const name of names) await put(name, [writeConsent(made("a", 40)), writeConsent(made("b", 1))]);
  const { result, calls } = await watchScripts(redis, () =>
    store.purge(beginPools(names), { dryRun: false }),
  );
  expect(result).toMatchObject({ scanned: 100, expired: 100, open: [] });
  expect(calls).toHaveLength(1);
  expect(await left("u0 T")).toEqual([writeConsent(made("b", 1))]);
});

it("passes over what is no list, as the purge of codes does", async () => {
  await redis.client.set(keyOf("oX T"), "a text");
  await put("oA T", [writeConsent(made("a", 40))]);
  expect(await purgeToTheEnd(store, ["oX T", "oA T"], false)).toMatchObject({ scanned: 1, expired: 1 });
  expect(await redis.client.get(keyOf("oX T"))).toBe("a text");
});

it("takes no consent where they last for ever", async () => {
  const pools = redis.open.stores.consents({ keyPrefix: "mina:" }).pools;
  const entries = [writeConsent(made("a", 4000)), foreign(made("b", 4000))];
  await put("oA T", entries);
  expect(await purgeToTheEnd(pools, ["oA T"], false)).toMatchObject({ scanned: 1, expired: 0 });
  expect(await left("oA T")).toEqual(entries);
});
