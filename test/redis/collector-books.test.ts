import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestCluster, type TestCluster } from "../helpers/cluster.ts";
import { plainEntry, startTestRedis } from "../helpers/redis.ts";
import { readRights } from "../helpers/rights.ts";
import { type Books, openBooks } from "./books.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.stop());

const users = Array.from({ length: 60 }, (_, i) => `o${i}`);
const report = (formId: string) => [{ formId, ageMs: 0 }];

/** Something of everything, for one user. */
async function useAll({ codes, consents }: Books, openId: string) {
  const grant = { openId, key: "k", when: { ageMs: 0 }, templateIds: ["T", "S"] };
  const receipt = { openId, templateId: "T", msgid: "m1", status: "delivered", atMs: Date.now() } as const;
  return [
    await codes.take(openId, report("f1")),
    await codes.take(openId, report("f1")),
    await consents.grant({ ...grant, source: "event" }),
    await consents.grant({ ...grant, source: "report" }),
    await consents.withdraw({ openId, key: "w", templateIds: ["S"] }),
    await consents.receive(receipt),
  ];
}
const ALL = [["taken"], ["known"], ["taken", "taken"], ["paired", "paired"], [1], true];

it("works in a cluster, reports of many users at once, and pools of other writers", async () => {
  const books = await openBooks(cluster.url);
  await books.ping();
  for (const openId of users.slice(0, 10))
    await cluster.push(openId, "not ours", plainEntry("f0", 1_999_999_999_999));
  const all = await Promise.all(users.map((openId) => useAll(books, openId)));
  expect(all).toEqual(users.map(() => ALL));
  const pools = await cluster.pools();
  expect(Object.keys(pools)).toHaveLength(users.length);
  expect(pools["mina:openid:o0"]).toHaveLength(3);
  books.close();
}, 60_000);

it("fails in time when a master of a cluster is gone, and goes on once its replica has taken over", async () => {
  const books = await openBooks(cluster.url, { replyMs: undefined });
  const take = () => Promise.allSettled(users.map((openId) => books.codes.take(openId, report("f2"))));
  const [master] = await cluster.masters();
  await cluster.kill(master!);
  const first = await take();
  expect(first.some(({ status }) => status === "rejected")).toBe(true);
  const giveUpAt = performance.now() + 60_000;
  let last = first;
  while (last.some(({ status }) => status === "rejected") && performance.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    last = await take();
  }
  expect(last.filter(({ status }) => status === "rejected")).toEqual([]);
  for (const pool of Object.values(await cluster.pools()))
    expect(pool.filter((raw) => raw.includes('"f2"'))).toHaveLength(1);
  books.close();
}, 120_000);

it("needs no other rights than the manual names, and names one that is missing", async () => {
  const redis = await startTestRedis();
  await redis.client.call("ACL", "SETUSER", ...readRights());
  const url = redis.url.replace("redis://", "redis://pushcli:password@");
  const books = await openBooks(url);
  await redis.push("o1", "not ours");
  await redis.client.rpush("mina:consent:{o1}:S", "not ours");
  for (const openId of ["o1", "o2"]) expect(await useAll(books, openId)).toEqual(ALL);
  await redis.client.call(
    "ACL",
    "SETUSER",
    "pushcli",
    "resetkeys",
    "~mina:openid:*",
    "~{mina:openid:*}:sends",
  );
  await expect(books.codes.take("o3", report("f1"))).rejects.toMatchObject({
    kind: "redis",
    message: expect.stringContaining("{mina:openid:*}:seen"),
  });
  books.close();
  await redis.stop();
});
