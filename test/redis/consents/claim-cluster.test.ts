import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { type OpenStores, openStores } from "../../../src/redis/stores.ts";
import { startTestCluster, type TestCluster } from "../../helpers/cluster.ts";
import { ledgerKey, poolKey } from "./claim-game.ts";

const USERS = 300;

let cluster: TestCluster;
let open: OpenStores;
beforeAll(async () => {
  cluster = await startTestCluster({ replicas: false });
  const { url } = cluster;
  const prefixes = { keyPrefix: "mina:", poolPrefix: "mina:openid:" };
  open = await openStores({ ...prefixes, redisUrl: url, shownUrl: url, clock: systemClock });
});
afterAll(async () => {
  open?.close();
  await cluster?.stop();
});

const openIds = Array.from({ length: USERS }, (_, i) => `o${i}`);
const entry = (id: string) => `{"consent":"${id}","at":1764000000000}`;
/** Only TypeScript reads it. */
const otherEntry = (id: string) => ` {"at":1764000000000,"consent":"${id}"}`;
const standing = '{"consent":"s","at":1764000000000,"standing":true}';
const ledger = (templateId: string, broadcastId: string) =>
  open.stores.sends({ keyPrefix: "mina:", templateId }).ledger({ broadcastId, runId: "r" });
const entries = (templateId: string, openId: string) =>
  cluster.client.lrange(poolKey(templateId, openId), 0, -1);

it("claims, settles, clears and releases consents of two templates for users in all slots", async () => {
  const [b1, b2] = [ledger("T", "b1"), ledger("S", "b2")];
  for (const [i, openId] of openIds.entries()) {
    const write = i % 2 === 0 ? entry : otherEntry;
    await cluster.client.rpush(poolKey("T", openId), write("t1"), "foreign", entry("t2"), entry("t3"));
    await cluster.client.rpush(poolKey("S", openId), standing);
  }
  const first = await b1.claim(openIds);
  expect(first).toEqual(openIds.map((openId) => expect.objectContaining({ openId, formId: "t1" })));
  expect((await b2.claim(openIds)).map(({ status }) => status)).toEqual(openIds.map(() => "later"));
  const [sent, cleared, released] = [openIds.slice(0, 100), openIds.slice(100, 200), openIds.slice(200)];
  const settled = await b1.settle(sent.map((openId) => ({ openId, outcome: "sent", attempts: 1 })));
  expect(settled).toEqual(sent.map(() => true));
  for (const openId of cleared) {
    const refused = { openId, outcome: "rejected" as const, attempts: 1, errcode: 43101 };
    expect(await b1.settleClearing(refused)).toEqual({ settled: true, dropped: 2 });
    expect(await b1.settleClearing(refused)).toEqual({ settled: true, dropped: 0 });
  }
  expect(await b1.release(released)).toEqual(released.map(() => true));
  for (const [i, openId] of openIds.entries()) {
    const write = i % 2 === 0 ? entry : otherEntry;
    const left = ["foreign", ...(i >= 100 && i < 200 ? [] : [entry("t2"), entry("t3")])];
    expect(await entries("T", openId)).toEqual(i < 200 ? left : [write("t1"), ...left]);
    // The other template's are nobody's business.
    expect(await entries("S", openId)).toEqual([standing]);
  }
  const second = await b2.claim(openIds);
  expect(second).toEqual(openIds.map((openId) => expect.objectContaining({ openId, formId: "s" })));
  await b2.settle(openIds.map((openId) => ({ openId, outcome: "sent", attempts: 1 })));
  const records = await Promise.all(openIds.map((openId) => cluster.client.hgetall(ledgerKey(openId))));
  const words = records.map(({ b1: one, b2: two }) => [one?.split(" ")[0], two?.split(" ")[0]]);
  expect(words).toEqual(openIds.map((_, i) => [i < 100 ? "sent" : i < 200 ? "rejected" : undefined, "sent"]));
});
