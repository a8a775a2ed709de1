import fc from "fast-check";
import { expect, it } from "vitest";
import { readEntry } from "../../src/pool/read-entry.ts";
import { claimScript } from "../../src/redis/backend-script.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { buildEntry, draft } from "./draft-arbitraries.ts";
import { damaged, noise, written } from "./entry-arbitraries.ts";
import { render } from "./model-entry.ts";

const redis = useTestRedis();

/** What the printed script takes off a pool, in as many calls as it takes; undefined for no code. */
async function claimByScript(openId: string): Promise<{ code: [string, number]; entry: Buffer } | undefined> {
  for (let from = "0"; ; ) {
    const args = [claimScript().source, "1", `mina:openid:${openId}`, from];
    const [state, ...rest] = (await redis.client.callBuffer("EVAL", ...args)) as [number, ...Buffer[]];
    if (state === 0) return undefined;
    const [first, expire, entry] = rest;
    if (state === 1) return { code: [first!.toString("latin1"), Number(expire)], entry: entry! };
    from = String(first);
  }
}

/** The same by a broadcast. */
async function claimByBroadcast(openId: string): Promise<[string, number] | undefined> {
  const [reply] = await redis.open.stores.ledger({ broadcastId: "b", runId: "r" }).claim([openId]);
  return reply?.status === "claimed" ? [reply.formId, reply.expireMs] : undefined;
}

/** Whether the script knows an entry as push-cli does: it leaves forms of other writers alone. */
function isKnown(bytes: string): boolean {
  const entry = readEntry(bytes);
  if (!entry.readable) return !/^\s*\{/.test(bytes);
  return (
    /^\s*\{[^{}[\]\\]*"formId" *: *"[^{}[\]\\]*\}\s*$/.test(bytes) && /"expire" *: *[0-9.]+ *[,}]/.test(bytes)
  );
}

const modelled = fc.array(draft, { minLength: 1, maxLength: 5 }).map((drafts) => {
  let serial = 0;
  return drafts.map((one) => render(buildEntry(one, () => `s${serial++}`)));
});
// Most of anything is taken by nobody: with halves of both, fewer than 200 were taken now and then.
const anything = fc.array(fc.oneof(written, damaged, noise), { minLength: 1, maxLength: 5 });

const mostlyModelled = fc.oneof({ arbitrary: modelled, weight: 3 }, { arbitrary: anything, weight: 1 });

it("the script for backends takes of its own forms what a broadcast would take, and leaves what it would leave", async () => {
  let pools = 0;
  let taken = 0;
  const play = async (all: string[]) => {
    const entries = all.filter(isKnown);
    if (entries.length === 0) return;
    const [ours, theirs] = [`ours${++pools}`, `theirs${pools}`];
    await redis.push(ours, ...entries);
    await redis.push(theirs, ...entries);
    const expected = await claimByBroadcast(ours);
    const got = await claimByScript(theirs);
    expect(got?.code).toEqual(expected);
    expect(await redis.entries(theirs)).toEqual(await redis.entries(ours));
    if (got === undefined) return;
    // What it hands out is one use of that code: put back at the left, it is what the next claim takes, whole.
    taken++;
    const rest = await redis.entries(theirs);
    await redis.client.lpush(`mina:openid:${theirs}`, got.entry);
    expect(await claimByScript(theirs)).toEqual(got);
    expect(await redis.entries(theirs)).toEqual(rest);
  };
  await fc.assert(fc.asyncProperty(mostlyModelled, play), { numRuns: 1500 });
  expect(taken).toBeGreaterThan(200);
});
