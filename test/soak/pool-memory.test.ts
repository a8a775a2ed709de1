import { beforeEach, expect, it } from "vitest";
import { useBuiltCli } from "../e2e/built-cli.ts";
import { useWorld } from "../e2e/world.ts";
import { plainEntry } from "../helpers/redis.ts";
import { measurePeak } from "./peak.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const POOLS = 200_000;
const LONG = 100_000;
/** It takes 105 to 135, as it does with a million pools; all these codes in memory would be 100 more. */
const LIMIT_MB = 180;

beforeEach(async () => {
  const expire = Date.now() + 86_400_000;
  for (let at = 0; at < POOLS; at += 5000) {
    const batch = world.redis.client.pipeline();
    for (let i = at; i < at + 5000; i++) {
      const name = `oABCDEFGHIJKLMNOPQRS${String(i).padStart(8, "0")}`;
      batch.rpush(`mina:openid:${name}`, plainEntry(`a${i}`, expire + i), plainEntry(`b${i}`, expire - i));
    }
    await batch.exec();
  }
  for (let at = 0; at < LONG; at += 5000)
    await world.redis.push(
      "oLong",
      ...Array.from({ length: 5000 }, (_, i) => plainEntry(`l${at + i}`, expire)),
    );
});

it("reads 200,000 pools, one of them very long, in bounded memory", async () => {
  const { args, peakMb } = measurePeak(cli);
  const peaks: Record<string, number> = {};
  for (const command of [
    "pool list --json",
    "pool list --sort expiry --limit 100",
    "pool stats --json",
    "pool stats --sample 1000",
    "pool export",
  ]) {
    const line = `exec "$0" ${args.map((arg) => `'${arg}'`).join(" ")} "$1" ${command} --quiet > /dev/null`;
    const { code, stderr } = await cli.spawn("bash", ["-c", line, process.execPath, cli.program]).done;
    expect([command, code, stderr]).toEqual([command, 0, ""]);
    peaks[command] = Math.round(peakMb());
  }
  expect(Math.min(...Object.values(peaks))).toBeGreaterThan(20);
  expect(Object.entries(peaks).filter(([, peak]) => peak > LIMIT_MB)).toEqual([]);
});
