import type { World } from "./world.ts";

/** Writes ledgers from inside Redis, which takes a second for what a broadcast takes minutes for. */
const FILL = `
local at = ARGV[3]
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local name = string.format("oABCDEFGHIJKLMNOPQRS%08d", i)
  local outcome = i % 10 == 0 and "failed run1 1 " .. at .. " 99999 f" or "sent run1 1 " .. at .. " 0 f"
  redis.call("HSET", "{mina:openid:" .. name .. "}:sends", "b1", outcome .. i .. " 2400000004000000041 0 1988150400000")
end`;

/** A finished broadcast b1 to so many people; one in ten failed. */
export async function fillLedgers({ redis: { client } }: World, people: number): Promise<void> {
  for (let from = 0; from < people; from += 10_000)
    await client.eval(FILL, 0, from, Math.min(people, from + 10_000), Date.now());
  const message = JSON.stringify({ templateId: "t", keywords: [] });
  await client.hset("mina:broadcast:b1", {
    id: "b1",
    firstRunId: "run1",
    appid: "wx",
    audience: "pools",
    status: "finished",
    startedAtMs: Date.now(),
    message,
  });
}
