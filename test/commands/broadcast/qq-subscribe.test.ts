import { expect, it } from "vitest";
import { useWorld } from "../world.ts";

const world = useWorld();
const TEMPLATE = "qq-template-of-the-tests";
const CHANNEL = ["--channel", "qq-subscribe"];

async function give(openIds: string[], entry: object, grant: object): Promise<void> {
  for (const openId of openIds)
    await world.redis.client.rpush(`mina:qq:consent:{${openId}}:${TEMPLATE}`, JSON.stringify(entry));
  const grants = openIds.map((openId) => ({ openId, templateId: TEMPLATE, ...grant }));
  const response = await fetch(`${world.sandbox.url}/sandbox/qq-grants`, {
    method: "POST",
    body: JSON.stringify(grants),
  });
  expect(response.status).toBe(200);
}

const giveStanding = (...openIds: string[]) =>
  give(openIds, { consent: "c1", at: 1_790_000_000_000, standing: true }, { standing: true });
const giveOne = (...openIds: string[]) =>
  give(openIds, { consent: "c1", at: 1_790_000_000_000 }, { count: 1 });

async function send(...more: string[]) {
  const { code, stdout, stderr } = await world.cli([
    ...["broadcast", TEMPLATE, "--keywords", "a,b", "--yes", "--json", ...CHANNEL],
    ...more,
  ]);
  const result = JSON.parse(stdout || "{}");
  return { code, stderr, result };
}

const left = (openId: string) => world.redis.client.llen(`mina:qq:consent:{${openId}}:${TEMPLATE}`);
const setFaults = (...faults: string[]) =>
  fetch(`${world.sandbox.url}/sandbox/faults`, { method: "POST", body: JSON.stringify(faults) });

it("sends one message by each standing right, which stays", async () => {
  await giveStanding("o1", "o2");
  const { code, result } = await send();
  expect({ code, outcomes: result.outcomes }).toMatchObject({ code: 0, outcomes: { sent: 2 } });
  expect(result.codes.spent).toBe(0);
  expect(await left("o1")).toBe(1);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, maxPerUser: 1, tokenCalls: { basic: 1 } });
});

it("a second broadcast on the same day is refused by the platform, and the right stays", async () => {
  await giveStanding("o1");
  await send();
  // Two sends to a user have to be a second apart.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { result } = await send("--id", "second");
  expect(result.outcomes).toMatchObject({ sent: 0, rejected: 1 });
  expect(result.errors).toMatchObject([{ errcode: 46002, count: 1 }]);
  expect(await left("o1")).toBe(1);
});

it("a lost answer is repeated, too fast at first, and the day's limit proves that the message arrived", async () => {
  await giveStanding("o1", "o2", "o3");
  await setFaults("reset-after:40");
  const { code, result } = await send();
  expect({ code, outcomes: result.outcomes }).toMatchObject({ code: 0, outcomes: { sent: 3, unknown: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 3, maxPerUser: 1 });
  const { byErrcode, faults } = world.sandbox.stats();
  expect(faults["reset-after"]).toBeGreaterThan(0);
  expect(byErrcode[41030]).toBeGreaterThan(0);
  expect(byErrcode[46002]).toBeGreaterThan(0);
});

const MANY = Array.from({ length: 12 }, (_, i) => `o${i}`);

/** Each got one request, and with it the message, whatever became of the answer. */
function expectOneRequestEach(outcomes: Record<string, number>): void {
  const { requests, delivered, maxPerUser, faults } = world.sandbox.stats();
  expect({ requests, delivered, maxPerUser }).toEqual({ requests: 13, delivered: 12, maxPerUser: 1 });
  expect(outcomes.unknown).toBe(faults["reset-after"]);
  expect(outcomes.unknown).toBeGreaterThan(0);
  expect(outcomes.sent).toBe(12 - Number(outcomes.unknown));
}

it("with a consent for one message nothing is repeated", async () => {
  await giveOne(...MANY);
  await setFaults("reset-after:40");
  const { code, result } = await send("--max-errors", "12");
  expect({ code, spent: result.codes.spent }).toEqual({ code: 8, spent: 12 });
  expectOneRequestEach(result.outcomes);
});

it("nor without pools, where nobody knows which of the two it is", async () => {
  await setFaults("reset-after:40");
  const { result } = await send("--no-pool", "--max-errors", "12", "--to", ...MANY);
  expectOneRequestEach(result.outcomes);
});

it("who has not subscribed loses what the pool says", async () => {
  await giveStanding("o1");
  await world.redis.client.rpush(
    `mina:qq:consent:{o2}:${TEMPLATE}`,
    JSON.stringify({ consent: "c1", at: 1_790_000_000_000, standing: true }),
  );
  await fetch(`${world.sandbox.url}/sandbox/reset`, { method: "POST" });
  await setFaults("errcode-46001:100");
  const { result } = await send();
  expect(result.outcomes).toMatchObject({ rejected: 2 });
  expect([await left("o1"), await left("o2")]).toEqual([0, 0]);
});

it("stops where the mini program may not send any more", async () => {
  await giveStanding("o1");
  await setFaults("withdrawn:100");
  const { code, stderr } = await send();
  expect(code).toBe(9);
  expect(stderr).toContain("errcode 47001: the mini program may not send messages any more");
});

it("has no receipts to wait for, and no options of other channels", async () => {
  expect(await send("--wait-receipts", "1s")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("qq-subscribe messages have no receipts"),
  });
  expect(await send("--lang", "zh_CN")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--lang does not apply to qq-subscribe messages"),
  });
});
