import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../../src/local-redis/private-redis.ts";
import { cliEnv } from "../../helpers/cli.ts";
import { agreementsOf } from "./agreements.ts";
import { type Api, startApi } from "./api.ts";
import { type Campaign, drawCampaign } from "./campaign.ts";
import { Chance } from "./chance.ts";
import { type Cli, type End, startCli } from "./cli.ts";
import { type Plan, TIMEOUT_MS } from "./plan.ts";
import { renderEntry, type User } from "./pools.ts";
import { issued, populate, populateBaidu, populateFormIds } from "./populate.ts";
import { standingOf } from "./standing.ts";
import { type Collector, openCollector } from "./subscribe/collector.ts";
import {
  CHANNEL,
  CONSENT_KEYS,
  populateConsents,
  seedConsents,
  subscribeFlags,
} from "./subscribe/consents.ts";
import { VARIANT_FLAGS } from "./variants.ts";

export const BROADCAST = "chaos";
const TEMPLATE = "template-of-the-chaos";

/** Everything around the tool in one round. */
export interface World {
  readonly plan: Plan;
  readonly api: Api;
  readonly server: PrivateRedis;
  readonly client: Redis;
  readonly keys: UserKeys;
  /** In a round of subscribe messages. */
  readonly collector: Collector | undefined;
  readonly users: ReadonlyMap<string, User>;
  /** In a round of a campaign. */
  readonly campaign: Campaign | undefined;
  /** Whom the broadcast is for. */
  readonly audience: ReadonlySet<string>;
  /** For what is drawn while the round goes on. */
  readonly chance: Chance;
  /** What was found wrong on the way, one line each. */
  readonly wrongs: string[];
  /** How every process of the tool ended, in the order of their ends. */
  readonly ends: End[];
  /** Times in which Redis was away, performance ms. */
  readonly outages: { from: number; to: number }[];
  /** Claims that kills left behind. */
  claimsLeft: number;
  /** Where `--report` writes to, in a round that has one. */
  readonly reportFile: string | undefined;
  start(): Cli;
  resume(...flags: string[]): Cli;
  run(...args: string[]): Cli;
  close(): Promise<void>;
}

export const KEYS = {
  record: `mina:broadcast:${BROADCAST}`,
  /** A pattern: each run that starts makes its own. */
  audience: `mina:broadcast:${BROADCAST}:audience:*`,
};

/** A user's keys. */
export interface UserKeys {
  pool(openId: string): string;
  ledger(openId: string): string;
}

const FORM_ID_KEYS: UserKeys = {
  pool: (openId) => `mina:openid:${openId}`,
  ledger: (openId) => `{mina:openid:${openId}}:sends`,
};

const BAIDU_KEYS: UserKeys = {
  pool: (openId) => `mina:baidu:openid:${openId}`,
  ledger: (openId) => `{mina:baidu:openid:${openId}}:sends`,
};

const QQ_KEYS: UserKeys = {
  pool: (openId) => `mina:qq:openid:${openId}`,
  ledger: (openId) => `{mina:qq:openid:${openId}}:sends`,
};

/** Where a round's channel keeps what it spends, whom it has, and how the program is told of it. */
function channelOf({ kind }: Plan) {
  const standing = standingOf(kind);
  if (standing) return { keys: standing.keys, people: standing.populate, flags: standing.channel };
  const agreements = agreementsOf(kind);
  if (agreements) return { keys: agreements.keys, people: agreements.populate, flags: agreements.channel };
  if (kind === "qq-template") return { keys: QQ_KEYS, people: populate, flags: ["--channel", "qq-template"] };
  if (kind === "subscribe") return { keys: CONSENT_KEYS, people: populateConsents, flags: CHANNEL };
  if (kind === "alipay") return { keys: ALIPAY_KEYS, people: populateFormIds, flags: ALIPAY_CHANNEL };
  if (kind === "baidu")
    return { keys: BAIDU_KEYS, people: populateBaidu, flags: ["--channel", "baidu-template"] };
  return { keys: FORM_ID_KEYS, people: populate, flags: [] };
}

/** Starts Redis and the API, and fills them with what the plan's seed draws. */
export async function createWorld(plan: Plan, program: string): Promise<World> {
  const chance = new Chance(plan.seed ^ 0x5eed);
  const folder = mkdtempSync(path.join(os.tmpdir(), "push-cli-chaos-round-"));
  const { latencyMs, slowMs, faults, seed } = plan;
  const api = await startApi({ latencyMs, slowMs, faults, seed });
  const server = await startPrivateRedis({ persistent: plan.kind === "redis" });
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  // Lost on purpose in some rounds; it comes back by itself.
  client.on("error", () => undefined);
  const isSubscribe = plan.kind === "subscribe";
  const standing = standingOf(plan.kind);
  const agreements = agreementsOf(plan.kind);
  const channel = channelOf(plan);
  const { keys } = channel;
  const people = channel.people(chance, plan.users, Date.now());
  const users = new Map(people.map((user) => [user.openId, user]));
  await seedRedis(client, users, keys);
  if (isSubscribe) await seedConsents(client, api, people);
  else if (standing) standing.grant(api, people);
  else if (agreements) agreements.grant(api, people);
  else
    for (const { openId, entries } of people)
      api.platform.codes.register(entries.flatMap((entry) => issued(openId, entry)));
  const campaign =
    plan.kind === "campaign"
      ? await drawCampaign(plan, chance, people, { client, keys, file: path.join(folder, "suppressed.txt") })
      : undefined;
  const collector = isSubscribe ? await openCollector(server.url, api, plan.receipts) : undefined;
  const { audience, flags } = drawAudience(plan, chance, users, path.join(folder, "audience.txt"));
  for (const openId of campaign?.withheld.keys() ?? []) audience.delete(openId);
  const ends: End[] = [];
  const run = (...args: string[]) => {
    const cli = startCli(
      program,
      [...args, ...channel.flags, "--json"],
      environment(server.url, api),
      folder,
    );
    void cli.ended.then((end) => ends.push(end));
    return cli;
  };
  const reportFile = plan.report ? path.join(folder, "report.ndjson") : undefined;
  const tuning = ["--concurrency", String(plan.concurrency), "--timeout", `${TIMEOUT_MS}ms`];
  if (reportFile) tuning.push("--report", reportFile);
  if (plan.canary > 0) flags.push("--canary", `${plan.canary}%`, ...CANARY_FLAGS);
  const texts = plan.variants ? VARIANT_FLAGS : (campaign?.flags ?? ["--keywords", "a,b"]);
  const message = standing?.message ?? (isSubscribe ? subscribeFlags(plan) : [TEMPLATE, ...texts]);
  if (plan.kind === "alipay" || plan.kind === "alipay-subscribe") message.push("--page", "pages/index");
  // Many kills and lost answers leave many unknown, where nothing tells what became of a message.
  if (isSubscribe || standing || agreements || plan.kind === "baidu" || plan.kind === "alipay")
    tuning.push("--max-errors", String(plan.users));
  return {
    plan,
    api,
    server,
    client,
    keys,
    collector,
    wrongs: [],
    campaign,
    users,
    audience,
    chance,
    ends,
    outages: [],
    claimsLeft: 0,
    reportFile,
    start: () => run("broadcast", ...message, "--id", BROADCAST, "--yes", ...flags, ...tuning),
    resume: (...more) => run("broadcast", "resume", BROADCAST, "--yes", ...more, ...tuning),
    run,
    close: async () => {
      client.disconnect();
      collector?.close();
      await Promise.all([api.close(), server.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The faults of a round fail many, and refusals are drawn. */
const CANARY_FLAGS = [
  ...["--canary-wait", "1s"],
  ...["--canary-max-failed", "100%", "--canary-max-rejected", "100%"],
];

const ALIPAY_CHANNEL = ["--channel", "alipay-template"];
const ALIPAY_KEYS: UserKeys = {
  pool: (openId) => `mina:alipay:openid:${openId}`,
  ledger: (openId) => `{mina:alipay:openid:${openId}}:sends`,
};

function environment(redisUrl: string, { url, platform }: Api): Record<string, string> {
  const { appPrivateKey = "", alipayPublicKey } = platform.alipayKeys.handOut();
  const keys = { PUSH_CLI_ALIPAY_PRIVATE_KEY: appPrivateKey, PUSH_CLI_ALIPAY_PUBLIC_KEY: alipayPublicKey };
  return { ...cliEnv(redisUrl, url), ...keys, PATH: process.env.PATH ?? "", HOME: "/nonexistent" };
}

async function seedRedis(client: Redis, users: ReadonlyMap<string, User>, keys: UserKeys): Promise<void> {
  const pipeline = client.pipeline();
  for (const { openId, entries } of users.values()) {
    const bytes = entries
      .filter(({ form }) => form !== "none")
      .map((entry) => Buffer.from(renderEntry(entry), "latin1"));
    if (bytes.length > 0) pipeline.rpush(keys.pool(openId), ...bytes);
  }
  await pipeline.exec();
}

/** Every pool; or a file with most users, some of them twice, and people who never had a pool. */
function drawAudience(
  plan: Plan,
  chance: Chance,
  users: ReadonlyMap<string, User>,
  file: string,
): { audience: Set<string>; flags: string[] } {
  if (plan.kind !== "listed" && !standingOf(plan.kind)?.isListed)
    return { audience: new Set(users.keys()), flags: [] };
  const lines: string[] = [];
  for (const openId of users.keys()) {
    if (chance.hit(85)) lines.push(openId);
    if (chance.hit(2)) lines.push(`stranger-${openId}`);
    if (lines.length > 0 && chance.hit(2)) lines.push(chance.pick(lines));
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
  return { audience: new Set(lines), flags: ["--to-file", file] };
}
