import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import { type BenchTools, type Felt, favourRedis, feel, median, NO_API } from "./feel.ts";
import { openIdOf } from "./loops.ts";

/**
 * `pool import` of a file as `pool export` writes it, three codes a user, into an empty Redis: against a loop that pushes
 * whatever the lines say, while the tool looks for codes that the pool or the ledger has.
 */

const ROUNDS = 5;
const CODES = 3;

interface Round {
  loop: Measured & Felt;
  tool: Measured & Felt;
}

export async function benchImport(redis: PrivateRedis, tools: BenchTools): Promise<void> {
  const users = tools.scale(100_000);
  const dir = mkdtempSync(join(tmpdir(), "push-cli-bench-"));
  const file = join(dir, "codes.ndjson");
  writeFileSync(file, linesOf(users));
  const client = new Redis(redis.url);
  await favourRedis(client);
  const rounds: Round[] = [];
  const run = async (work: () => Promise<Measured>): Promise<Measured & Felt> => {
    await client.flushall();
    const { value, pings } = await feel(redis, work);
    const [pools, last] = [await client.dbsize(), await client.llen(`mina:openid:${openIdOf(users - 1)}`)];
    if (pools !== users || last !== CODES) throw new Error(`${pools} pools, ${last} codes in the last`);
    return { ...value, pings };
  };
  const runLoop = () => run(() => tools.child(["import-loop", redis.url, file]));
  const runTool = () => run(() => tools.tool(redis, NO_API, ["pool", "import", file, "--quiet"]));
  for (let i = 0; i < ROUNDS; i++) {
    const loop = i % 2 === 0 ? await runLoop() : undefined;
    const tool = await runTool();
    rounds.push({ tool, loop: loop ?? (await runLoop()) });
  }
  client.disconnect();
  rmSync(dir, { recursive: true });
  reportRounds(rounds, users * CODES, tools);
}

function reportRounds(rounds: Round[], lines: number, { report }: BenchTools): void {
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  const perSec = (seconds: number) => `${Math.round(lines / seconds).toLocaleString("en")} lines/s`;
  report(
    "pool import: time against a loop that pushes unseen",
    middle(({ tool, loop }) => tool.seconds / loop.seconds),
    { most: 1 },
    `import ${perSec(middle(({ tool }) => tool.seconds))}, loop ${perSec(middle(({ loop }) => loop.seconds))}`,
  );
  report(
    "pool import: another client's PING, 99th percentile, ms",
    middle(({ tool }) => tool.pings.p99),
    { most: 5 },
    `beside the loop ${middle(({ loop }) => loop.pings.p99).toFixed(2)} ms`,
  );
}

function linesOf(users: number): string {
  const expire = Date.now() + 6 * 24 * 3_600_000;
  const lines: string[] = [];
  for (let i = 0; i < users * CODES; i++) {
    const openId = openIdOf(Math.floor(i / CODES));
    const formId = `1f2e3d4c5b6a79880a1b2c3d${String(i).padStart(8, "0")}`;
    lines.push(`${JSON.stringify({ openId, formId, expire })}\n`);
  }
  return lines.join("");
}
