import { expect, it } from "vitest";
import type { AudiencePage } from "../../src/broadcast/audience.ts";
import { countAudience } from "../../src/broadcast/dry-run.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { FAR, PAST } from "../redis/seed.ts";

const redis = useTestRedis();

const render = (touser: string, form_id: string) => ({ touser, form_id });

async function* pagesOf(...pages: string[][]): AsyncGenerator<AudiencePage> {
  for (const openIds of pages) yield { openIds };
}

function count(pages: AsyncIterable<AudiencePage>, limit?: number) {
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun: true });
  return countAudience(ledger, pages, render, limit);
}

async function giveUsers(users: number): Promise<string[]> {
  const openIds = Array.from({ length: users }, (_, i) => `u${i}`);
  // Every fifth has a second code, every seventh none at all, and all have useless ones.
  const entriesOf = (i: number) => [
    plainEntry("x", PAST),
    ...(i % 7 === 0 ? [] : [plainEntry(`a${i}`, FAR)]),
    ..."not ours,neither".split(","),
    ...(i % 5 === 0 && i % 7 !== 0 ? [plainEntry(`b${i}`, FAR)] : []),
  ];
  await Promise.all(openIds.map((openId, i) => redis.push(openId, ...entriesOf(i))));
  return openIds;
}

it("counts whom a broadcast leaves without a valid code, exactly", async () => {
  const openIds = await giveUsers(700);
  const { tally, left } = await count(pagesOf(openIds.slice(0, 300), openIds.slice(300), ["nobody"]));
  expect(tally.outcomes).toMatchObject({ sent: 600, no_code: 101 });
  // Of the 600, those that 5 divides.
  expect(left).toEqual([600 - 120, 120, 0, 0]);
});

it("counts nobody beyond the limit", async () => {
  const { left } = await count(pagesOf(await giveUsers(100)), 4);
  expect(left).toEqual([4, 0, 0, 0]);
});
