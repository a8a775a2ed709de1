import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Withheld } from "../../../src/broadcast/policy.ts";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { Aftermath } from "./aftermath.ts";
import type { Chance } from "./chance.ts";
import type { Plan } from "./plan.ts";
import type { User } from "./pools.ts";
import { KEYS, type UserKeys, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const HOLDOUT = 0.05;
const CANARY = 0.1;
const SHARE_OF_A = 0.7;
const TEXTS = { A: "hello", B: "good morning" };

/** What a campaign asks besides: from whom the message is withheld, which text goes to whom, and who comes first. */
export interface Campaign {
  /** Of `broadcast send`. */
  flags: string[];
  /** Why nobody may send to these. */
  withheld: ReadonlyMap<string, Withheld>;
  /** A file for `suppress import`. */
  suppressed: string;
  seed: string;
}

/** Draws whom a campaign leaves out, and gives the users who are capped a message of another broadcast. */
export async function drawCampaign(
  { seed: number }: Plan,
  chance: Chance,
  users: readonly User[],
  { client, keys, file }: { client: Redis; keys: UserKeys; file: string },
): Promise<Campaign> {
  const seed = `chaos-${number}`;
  const withheld = new Map<string, Withheld>();
  const suppressed: string[] = [];
  const pipeline = client.pipeline();
  const now = Date.now();
  for (const { openId } of users) {
    const isSuppressed = chance.hit(5);
    // Of both kinds: within the time of the cap, and before it.
    const hours = chance.hit(10) ? chance.int(1, 40) : undefined;
    if (isSuppressed) suppressed.push(openId);
    if (hours !== undefined)
      pipeline.hset(keys.ledger(openId), "other", `sent x 1 ${now - hours * HOUR_MS} - f-x - 0 0`);
    if (isSuppressed) withheld.set(openId, "suppressed");
    else if (drawOf(seed, "holdout", openId) < HOLDOUT) withheld.set(openId, "held_out");
    else if (hours !== undefined && hours < 24) withheld.set(openId, "capped");
  }
  await pipeline.exec();
  writeFileSync(file, `${suppressed.join("\n")}\n`);
  const variants = ["--variant", `A:70%=${TEXTS.A},x`, "--variant", `B=${TEXTS.B},x`];
  const canary = ["--canary", "10%", "--canary-wait", "300ms"];
  const limits = ["--canary-max-failed", "100%", "--canary-max-rejected", "100%"];
  const whom = ["--seed", seed, "--holdout", "5%", "--cap", "1/24h"];
  return { flags: [...whom, ...variants, ...canary, ...limits], withheld, suppressed: file, seed };
}

/** As the manual says that anybody can find it out. */
function drawOf(seed: string, of: string, openId: string): number {
  const digest = createHash("sha256").update(`${seed}:${of}:${openId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** What is wrong with the campaign as a whole, one line each. */
export async function checkCampaign(world: World, { result }: Aftermath): Promise<string[]> {
  const { campaign, api, client } = world;
  if (!campaign) return [];
  const { seed } = campaign;
  const texts = [...api.platform.firstTexts];
  const wrong = texts.filter(([openId, { text }]) => {
    return text !== (drawOf(seed, "variant", openId) < SHARE_OF_A ? TEXTS.A : TEXTS.B);
  });
  const [sentAt, judged] = await client.hmget(KEYS.record, "canarySentAtMs", "canaryVerdict");
  const { verdict } = JSON.parse(judged ?? "{}");
  const early = texts.filter(
    ([openId, { atMs }]) => drawOf(seed, "canary", openId) >= CANARY && !(atMs >= Number(sentAt)),
  );
  return [
    ...(wrong.length > 0 ? [`${wrong.length} users got the other text: ${wrong[0]?.[0]}`] : []),
    ...(early.length > 0 ? [`${early.length} users came before the canary was over: ${early[0]?.[0]}`] : []),
    ...(verdict === "passed" ? [] : [`the canary's verdict is ${verdict}`]),
    ...(result ? checkCounts(world, campaign, result) : []),
  ];
}

type Counts = BroadcastResult["outcomes"];

function checkCounts({ users }: World, { withheld }: Campaign, result: BroadcastResult): string[] {
  const { outcomes, variants = [] } = result as BroadcastResult & {
    variants?: { outcomes: Partial<Counts> }[];
  };
  const wrongs: string[] = [];
  for (const name of ["suppressed", "held_out", "capped"] as const) {
    // Who has no pool is not met.
    const met = [...withheld].filter(([openId, why]) => why === name && users.get(openId)?.entries.length);
    if (outcomes[name] !== met.length)
      wrongs.push(`the record says ${name} ${outcomes[name]}, and it is ${met.length}`);
  }
  for (const name of ["sent", "unknown", "rejected", "failed"] as const) {
    const sum = variants.reduce((all, { outcomes }) => all + (outcomes[name] ?? 0), 0);
    if (sum !== outcomes[name]) wrongs.push(`variants have ${name} ${sum}, all together ${outcomes[name]}`);
  }
  return wrongs;
}
