import { once } from "node:events";
import { expect, it } from "vitest";
import { useBuiltCli } from "../e2e/built-cli.ts";
import { TEMPLATE, useWorld } from "../e2e/world.ts";
import { plainEntry } from "../helpers/redis.ts";
import { measurePeak } from "./peak.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const ROWS = 1_000_000;
/** One user in so many has a code: it is the rows that are looked at. */
const LIVE = 1000;
/** One row in so many makes no message. */
const BAD = 100;
/** It takes 195 for 200,000 rows, and 206 for a million; the rows in memory would be 150 more. */
const LIMIT_MB = 250;

const nameOf = (i: number) => `oABCDEFGHIJKLMNOPQRS${String(i).padStart(8, "0")}`;

async function* csv(): AsyncGenerator<string> {
  yield "openId,name,shop\n";
  for (let at = 0; at < ROWS; at += 2000) {
    let text = "";
    for (let i = at; i < at + 2000; i++)
      text += `${nameOf(i)},customer ${i}${i % BAD === 1 ? "" : ",奶茶店 Nanjing Road"}\n`;
    yield text;
  }
}

it("sends to a million rows in bounded memory", async () => {
  const batch = world.redis.client.pipeline();
  for (let i = 0; i < ROWS; i += LIVE)
    batch.rpush(`mina:openid:${nameOf(i)}`, plainEntry(`form${i}`, Date.now() + 86_400_000));
  await batch.exec();
  const { args, peakMb } = measurePeak(cli);
  const flags = ["--to-file", "-", "--keywords", "{{name}},{{shop}}", "--skip-bad-rows", "--yes", "--json"];
  const line = [...args, cli.program, "broadcast", TEMPLATE, "--id", "b1", ...flags];
  const child = cli.spawn(process.execPath, line);
  const stdin = child.child.stdin!;
  for await (const text of csv()) if (!stdin.write(text)) await once(stdin, "drain");
  stdin.end();
  const { code, stdout, stderr } = await child.done;
  expect(code, stderr).toBe(8);
  const [sent, invalid] = [ROWS / LIVE, ROWS / BAD];
  expect(JSON.parse(stdout)).toMatchObject({
    recipients: ROWS,
    outcomes: { sent, invalid, no_code: ROWS - sent - invalid },
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: sent, maxPerUser: 1 });
  expect(peakMb()).toBeGreaterThan(20);
  expect(peakMb()).toBeLessThan(LIMIT_MB);
  expect(await world.redis.client.keys("mina:broadcast:b1:*")).toEqual([
    expect.stringMatching(/^mina:broadcast:b1:invalid:/),
  ]);
});
