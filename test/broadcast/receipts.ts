import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { readFinal, writeClaimed } from "../../src/redis/ledger-record.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { TEMPLATES } from "../sandbox/api.ts";
import type { World } from "./world.ts";

/** A template whose messages take a consent each. */
export const TEMPLATE = TEMPLATES.activity;

/** When users gave their consents. */
const GIVEN_MS = 1_760_000_000_000;

const FIELDS = ["--no-preflight", "--field", "thing1=茶", "time2=10:00", "thing3=店"];
const ledgerOf = (openId: string) => `mina:consent:{${openId}}:sends`;

/** `count` users with a consent each, which the platform knows of. */
export async function giveConsents(
  { redis, sandbox }: World,
  count: number,
  prefix = "u",
): Promise<string[]> {
  const openIds = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  sandbox.registerConsents(openIds.map((openId) => ({ openId, templateId: TEMPLATE })));
  const pipeline = redis.client.pipeline();
  for (const openId of openIds)
    pipeline.rpush(
      `mina:consent:{${openId}}:${TEMPLATE}`,
      JSON.stringify({ consent: `${openId}-c`, at: GIVEN_MS }),
    );
  await pipeline.exec();
  return openIds;
}

function run(world: World, argv: string[], options: CliOptions = {}): Promise<CliResult> {
  const env = cliEnv(world.redis.url, world.sandbox.url);
  return runCli(["broadcast", ...argv, "--channel", "wechat-subscribe", "--json"], { ...options, env });
}

export const send = (world: World, args: string[] = [], options?: CliOptions) =>
  run(world, [TEMPLATE, ...FIELDS, "--id", "b-1", "--yes", "--max-errors", "100%", ...args], options);

export const resume = (world: World, args: string[] = [], options?: CliOptions) =>
  run(world, ["resume", "b-1", "--yes", "--max-errors", "100%", ...args], options);

export const show = async (world: World, args: string[] = []) =>
  (await run(world, ["show", "b-1", ...args])).json<BroadcastResult>();

/** What the platform tells of a message to this user. */
export function tell(
  { redis }: World,
  openId: string,
  status: "delivered" | "failed" = "delivered",
  msgid = `lost-${openId}`,
): Promise<boolean> {
  const book = redis.open.stores.consents({ keyPrefix: "mina:" }).receipts;
  const errcode = status === "failed" ? 43101 : undefined;
  return book.record({ openId, templateId: TEMPLATE, msgid, status, errcode, atMs: Date.now() });
}

/** What a run that was killed while it sent leaves behind. */
export async function leaveClaim({ redis }: World, openId: string): Promise<void> {
  const own = JSON.stringify({ consent: `${openId}-c`, at: GIVEN_MS });
  const rest = { standing: false, multiUse: true, k: 1, expireMs: 0, formId: `${openId}-c`, own, source: "" };
  const record = writeClaimed({ run: "killed", attempt: 1, atMs: Date.now(), ...rest });
  await redis.client.hset(ledgerOf(openId), "b-1", record);
  await redis.client.del(`mina:consent:{${openId}}:${TEMPLATE}`);
}

/** The users of broadcast b-1 by what their ledgers say. */
export async function usersBy({ redis }: World, outcome: string): Promise<string[]> {
  const openIds: string[] = [];
  for (const key of await redis.keys("mina:consent:{*}:sends")) {
    const record = (await redis.client.hget(key, "b-1")) ?? "";
    if ((readFinal(record)?.outcome ?? record.split(" ")[0]) === outcome)
      openIds.push(key.slice("mina:consent:{".length, -"}:sends".length));
  }
  return openIds.sort();
}
