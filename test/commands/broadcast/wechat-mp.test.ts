import { expect, it } from "vitest";
import { useWorld } from "../world.ts";

const world = useWorld();
const CHANNEL = ["--channel", "wechat-mp"];
const LEDGER = "mina:mp:{o1}:sends";

async function send(...more: string[]) {
  const { code, stdout, stderr } = await world.cli([
    ...["broadcast", "template-1", "--field", "thing1=a", "--yes", "--json", ...CHANNEL],
    ...more,
  ]);
  return { code, stderr, result: JSON.parse(stdout || "{}") };
}

const control = (name: string, body: unknown) =>
  fetch(`${world.sandbox.url}/sandbox/${name}`, { method: "POST", body: JSON.stringify(body) });

it("sends to listed followers, and notes in their ledgers who has it", async () => {
  const { code, result } = await send("--to", "o1", "o2", "--id", "b1", "--url", "https://example.com");
  expect({ code, outcomes: result.outcomes }).toMatchObject({ code: 0, outcomes: { sent: 2 } });
  expect(await world.redis.client.hget(LEDGER, "b1")).toMatch(/^sent /);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, maxPerUser: 1, tokenCalls: { stable: 1 } });
  const again = await world.cli(["broadcast", "resume", "b1", "--yes", "--json", ...CHANNEL]);
  expect(again.code).toBe(3);
  expect(world.sandbox.stats().delivered).toBe(2);
});

it("needs a list: nothing is pooled", async () => {
  const { code, stderr } = await send();
  expect(code).toBe(2);
  expect(stderr).toContain("wechat-mp has no pools, so it requires a list of recipients");
  const pools = await world.cli(["pool", "list", ...CHANNEL]);
  expect(pools.code).toBe(2);
  expect(pools.stderr).toContain("messages of wechat-mp spend nothing that is kept");
});

it("a lost answer is repeated, and the platform knows the repeat", async () => {
  await control("faults", ["reset-after:50"]);
  const openIds = Array.from({ length: 20 }, (_, i) => `o${i}`);
  const { code, result } = await send("--to", ...openIds);
  expect({ code, outcomes: result.outcomes }).toMatchObject({ code: 0, outcomes: { sent: 20, unknown: 0 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 20, maxPerUser: 1, duplicates: 0 });
  expect(world.sandbox.stats().requests).toBeGreaterThan(25);
});

it("who does not follow is rejected", async () => {
  await control("followers", { openIds: ["o1"], follows: false });
  const { code, result } = await send("--to", "o1", "o2");
  expect({ code, outcomes: result.outcomes }).toMatchObject({ code: 0, outcomes: { sent: 1, rejected: 1 } });
  expect(result.errors).toMatchObject([{ errcode: 43004, count: 1 }]);
});

it("what a killed run left eleven minutes ago stays unknown, until a receipt says what became of it", async () => {
  await send("--to", "o1", "--id", "b1");
  const old = Date.now() - 11 * 60_000;
  const claim = async () => {
    await world.redis.client.hset(LEDGER, "b1", `claimed gone 1 ${old} 2 1 0 - 0\n-`);
    await world.redis.client.hset("mina:broadcast:b1", "status", "interrupted");
  };
  await claim();
  const resume = () => world.cli(["broadcast", "resume", "b1", "--yes", "--json", ...CHANNEL]);
  const first = await resume();
  expect(JSON.parse(first.stdout).outcomes).toMatchObject({ unknown: 1 });
  expect(world.sandbox.stats().requests).toBe(2);
  // As the collector notes it.
  await world.redis.client.hset("mina:mp:{o1}:receipts", "* 200163836", `delivered - ${Date.now()}`);
  const second = await world.cli([
    ...["broadcast", "resume", "b1", "--retry-unknown", "--yes", "--json"],
    ...CHANNEL,
  ]);
  expect(JSON.parse(second.stdout).outcomes).toMatchObject({ sent: 1, unknown: 0 });
  expect(world.sandbox.stats().delivered).toBe(1);
});

it("what it would send is shown with where it leads", async () => {
  const { stdout } = await world.screen([
    ...["broadcast", "template-1", "--field", "thing1=a", "--to", "o1", "--dry-run", ...CHANNEL],
    ...["--miniprogram-appid", "wx0123456789abcdef", "--url", "https://example.com/a"],
  ]);
  expect(stdout).toContain("(none: the mini program's first page)");
  expect(stdout).toMatch(/opens mini program +wx0123456789abcdef/);
  expect(stdout).toMatch(/opens URL +https:\/\/example.com\/a/);
});
