import { once } from "node:events";
import { expect, it } from "vitest";
import { useBuiltCli } from "../e2e/built-cli.ts";
import { useWorld } from "../e2e/world.ts";
import { measurePeak } from "./peak.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const LINES = 1_000_000;
const LINES_A_USER = 20;
/** One line in so many has a code that is still good, so that the Redis of the test stays small. */
const LIVE = 5;
const LIMIT_MB = 250;

async function* csv(): AsyncGenerator<string> {
  const expire = Date.now() + 86_400_000;
  for (let at = 0; at < LINES; at += 2000) {
    let text = "";
    for (let i = at; i < at + 2000; i++)
      text += `o${Math.floor(i / LINES_A_USER)},form${i},${i % LIVE === 0 ? expire : 1568000000}\n`;
    yield text;
  }
}

it("imports a million lines in bounded memory", async () => {
  const { args, peakMb } = measurePeak(cli);
  const child = cli.spawn(process.execPath, [...args, cli.program, "pool", "import", "--json"]);
  const stdin = child.child.stdin!;
  for await (const text of csv()) if (!stdin.write(text)) await once(stdin, "drain");
  stdin.end();
  const { code, stdout, stderr } = await child.done;
  expect([code, stderr.replace(/^.* lines, .*\n/gm, "")]).toEqual([0, ""]);
  const imported = LINES / LIVE;
  expect(JSON.parse(stdout)).toEqual({
    lines: LINES,
    imported,
    known: 0,
    used: 0,
    expired: LINES - imported,
    bad: 0,
  });
  expect(peakMb()).toBeGreaterThan(20);
  expect(peakMb()).toBeLessThan(LIMIT_MB);
  expect(await world.redis.client.llen("mina:openid:o0")).toBe(LINES_A_USER / LIVE);
});
