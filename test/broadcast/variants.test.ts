import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FinalOutcome, VariantResult } from "../../src/broadcast/outcome.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import { parseLines, start, useCommands } from "../commands/broadcast/commands.ts";
import type { CliResult } from "../helpers/cli.ts";
import { useRecorder } from "../helpers/recorder.ts";
import { plainEntry } from "../helpers/redis.ts";
import { checkBooks, giveUsers, ledgers, setFaults, until, useFolder, useWorld } from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const recorder = useRecorder(() => world.sandbox.url);
const dir = useFolder();
const { run, show, resume } = useCommands(world);
/** On a busy machine, an answer that is late is not lost: a fault in the second attempt would make the outcome `unknown`. */
const env = () => ({ env: { PUSH_CLI_API_BASE: recorder.url, PUSH_CLI_API_TIMEOUT: "2m" } });

const NAMES = ["A", "B", "C"];
const VARIANTS = ["--variant", "A:50%=a,1", "--variant", "B:30%=b,2", "--variant", "C=c,3"];
const TEXTS: Record<string, string[]> = { A: ["a", "1"], B: ["b", "2"], C: ["c", "3"] };

/** What the manual says of it, for other programs: a number from the first 48 bits of a hash, held against the shares. */
function variantOf(openId: string, seed = "b-1"): string {
  const hash = createHash("sha256").update(`${seed}:variant:${openId}`).digest("hex");
  const drawn = Number(BigInt(`0x${hash.slice(0, 12)}`)) / 2 ** 48;
  return drawn < 0.5 ? "A" : drawn < 0.8 ? "B" : "C";
}

function send(args: string[] = []) {
  const line = ["t", "--yes", "--json", "--id", "b-1", "--max-errors", "9999", ...VARIANTS, ...args];
  return start((options) => run(line, { ...options, ...env() }));
}

type Counts = Record<FinalOutcome, number>;

/** Recipients by variant as the ledgers have them, with those who have no record: users without a code. */
async function countLedgers(withoutCode: readonly string[] = []): Promise<Record<string, Counts>> {
  const zero = () => ({ sent: 0, no_code: 0, rejected: 0, failed: 0, unknown: 0 });
  const counts: Record<string, Counts> = Object.fromEntries(NAMES.map((name) => [name, zero()]));
  for (const [openId, state] of await ledgers(world)) counts[variantOf(openId)]![state as FinalOutcome]++;
  const known = await ledgers(world);
  for (const openId of withoutCode) if (!known.has(openId)) counts[variantOf(openId)]!.no_code++;
  return counts;
}

function byName(variants: readonly VariantResult[] | undefined): Record<string, Counts> {
  return Object.fromEntries((variants ?? []).map(({ name, outcomes }) => [name, outcomes]));
}

/** Totals by variant: what the ledgers say, and together the outcomes of the document. */
async function checkVariants(
  document: Pick<BroadcastResult, "variants"> & { outcomes: BroadcastResult["outcomes"] | null },
  withoutCode: readonly string[] = [],
): Promise<void> {
  const { variants = [], outcomes } = document;
  expect(byName(variants)).toEqual(await countLedgers(withoutCode));
  for (const name of ["sent", "no_code", "rejected", "failed", "unknown"] as const)
    expect(
      variants.reduce((sum, one) => sum + one.outcomes[name], 0),
      name,
    ).toBe(outcomes?.[name]);
  for (const { recipients, outcomes: own } of variants)
    expect(recipients).toBe(Object.values(own).reduce((sum, count) => sum + count, 0));
}

/** Each user who got a message got the text of their own variant, once; and as many as the totals say. */
function checkMessages({ variants = [] }: Pick<BroadcastResult, "variants">): void {
  const got: Record<string, number> = { A: 0, B: 0, C: 0 };
  for (const { touser } of recorder.messages) {
    expect(recorder.textsOf(touser), touser).toEqual([{ keywords: TEXTS[variantOf(touser)] }]);
    got[variantOf(touser)]!++;
  }
  expect(Object.fromEntries(variants.map(({ name, outcomes: { sent } }) => [name, sent]))).toEqual(got);
}

/** Users whose pools hold a code that has expired, which leaves a record, or something else, which leaves none. */
async function giveExpired(count: number): Promise<string[]> {
  const openIds = Array.from({ length: count }, (_, i) => `old${i}`);
  for (const [i, openId] of openIds.entries())
    await world.redis.push(openId, i % 2 ? "{}" : plainEntry(`f-${openId}`, 1_568_000_000_000));
  return openIds;
}

const document = (result: Pick<CliResult, "json">) => result.json<BroadcastResult>();

test("each user gets the text of a variant that follows from openId and id; totals are told by variant", async () => {
  await giveUsers(world, 300);
  const old = await giveExpired(20);
  setFaults(world, "errcode-43101:10", "unlisted:5");
  const report = join(dir, "report");
  const result = await send(["--report", report]).done;
  expect(result.code, result.stderr).toBe(8);
  const found = document(result);
  expect(found).toMatchObject({
    recipients: 320,
    variants: [
      { name: "A", share: 0.5 },
      { name: "B", share: 0.3 },
      { name: "C", share: 0.2 },
    ],
  });
  expect(found.outcomes.rejected).toBeGreaterThan(0);
  await checkVariants(found, old);
  checkMessages(found);
  for (const more of [[], ["--exact"]])
    expect(byName((await show("b-1", ...more)).variants)).toEqual(byName(found.variants));
  const lines = parseLines<ReportLine>(readFileSync(report, "utf8"));
  expect(lines).toHaveLength(320);
  for (const { openId, variant } of lines) expect(variant, openId).toBe(variantOf(openId));
  const listed = (await run(["recipients", "b-1", "--json"])).lines<ReportLine>();
  expect(listed.length).toBe((await ledgers(world)).size);
  for (const { openId, variant } of listed) expect(variant, openId).toBe(variantOf(openId));
});

test("a user's variant is the same after interruptions, and in a run that joins", async () => {
  await giveUsers(world, 400, { codes: 2 });
  const old = await giveExpired(15);
  setFaults(world, "busy:10", "errcode-43101:5");
  const first = send(["--concurrency", "8"]);
  await until(() => recorder.messages.length >= 60);
  first.signal("SIGINT");
  const stopped = await first.done;
  expect(stopped.code).toBe(130);
  await checkInterim(document(stopped));
  const second = start((options) => resume("b-1", ["--concurrency", "6"], { ...options, ...env() }));
  await until(() => recorder.messages.length >= 120);
  const joined = start((options) =>
    resume("b-1", ["--join", "--concurrency", "6"], { ...options, ...env() }),
  );
  await until(() => recorder.messages.length >= 240);
  second.signal("SIGTERM");
  await second.done;
  const found = document(await joined.done);
  expect(found).toMatchObject({ status: "finished", recipients: 415 });
  await checkVariants(found, old);
  checkMessages(found);
  for (const more of [[], ["--exact"]]) await checkVariants(await show("b-1", ...more), old);
  await checkBooks(world, { json: <T>() => found as T }, 808);
});

/** Of a broadcast under way not all is known, but what is, adds up. */
async function checkInterim({ variants = [], outcomes }: BroadcastResult): Promise<void> {
  const known = await countLedgers();
  for (const { name, outcomes: own } of variants) expect(own.sent, name).toBe(known[name]!.sent);
  for (const name of ["sent", "no_code", "rejected", "failed", "unknown"] as const)
    expect(
      variants.reduce((sum, one) => sum + one.outcomes[name], 0),
      name,
    ).toBe(outcomes[name]);
}

test("what retries change is counted by variant as well, also while nobody visits users without a code", async () => {
  await giveUsers(world, 120, { codes: 3 });
  const old = await giveExpired(12);
  setFaults(world, "unlisted:30");
  const first = document(await send().done);
  expect(first.outcomes.failed).toBeGreaterThan(5);
  await checkVariants(first, old);
  setFaults(world, "unlisted:40");
  const again = start((options) =>
    resume("b-1", ["--retry-failed", "--concurrency", "1", "--max-errors", "9999"], { ...options, ...env() }),
  );
  const before = recorder.messages.length;
  await until(() => recorder.messages.length > before);
  again.signal("SIGINT");
  const stopped = await again.done;
  expect(stopped.code).toBe(130);
  await checkVariants(document(stopped), old);
  await checkVariants(await show("b-1"), old);
  setFaults(world);
  const done = document(await resume("b-1", ["--retry-failed"], env()));
  expect(done).toMatchObject({ status: "finished", recipients: 132, outcomes: { sent: 120, no_code: 12 } });
  await checkVariants(done, old);
  for (const more of [[], ["--exact"]]) await checkVariants(await show("b-1", ...more), old);
  checkMessages(done);
});

test("the limit, and a wider one later", async () => {
  await giveUsers(world, 100);
  const old = await giveExpired(9);
  const first = document(await send(["--limit", "40"]).done);
  expect(first.outcomes.sent).toBe(40);
  checkMessages(first);
  const done = document(await resume("b-1", ["--limit", "none"], env()));
  expect(done.outcomes.sent).toBe(100);
  await checkVariants(done, old);
  checkMessages(done);
});

test("watch and the record under way tell totals by variant", async () => {
  await giveUsers(world, 200);
  const sending = send(["--concurrency", "2"]);
  await until(
    async () => ((await show("b-1").catch(() => undefined))?.variants?.[0]?.outcomes.sent ?? 0) > 0,
  );
  const lines = (await run(["watch", "b-1", "--json"])).lines<BroadcastResult>();
  for (const { variants = [], outcomes } of lines)
    expect(variants.reduce((sum, one) => sum + one.outcomes.sent, 0)).toBe(outcomes.sent);
  expect(document(await sending.done).outcomes.sent).toBe(200);
  await checkVariants(lines.at(-1)!);
});

describe("--seed", () => {
  test("takes the place of the id, in the dry run as in the broadcast", async () => {
    await giveUsers(world, 150);
    const dry = document(await send(["--seed", "spring", "--dry-run"]).done);
    const count = (name: string) =>
      Array.from({ length: 150 }, (_, i) => variantOf(`u${i}`, "spring")).filter((one) => one === name)
        .length;
    const expected = NAMES.map((name) => ({
      name,
      recipients: count(name),
      outcomes: { sent: count(name) },
    }));
    expect(dry.variants).toMatchObject(expected);
    for (const { name, sample } of dry.variants as (VariantResult & {
      sample: { touser: string; data: object };
    })[]) {
      expect(variantOf(sample.touser, "spring")).toBe(name);
      expect(sample.data).toEqual({
        keyword1: { value: TEXTS[name]![0] },
        keyword2: { value: TEXTS[name]![1] },
      });
    }
    const found = document(await send(["--seed", "spring"]).done);
    expect(found.variants).toMatchObject(expected);
    for (const { touser } of recorder.messages)
      expect(recorder.textsOf(touser)).toEqual([{ keywords: TEXTS[variantOf(touser, "spring")] }]);
  });
});

test("columns of the file in some of the variants, over a resume and a joined run", async () => {
  await giveUsers(world, 200);
  const file = join(dir, "rows.csv");
  const rows = Array.from({ length: 200 }, (_, i) => `u${i},name ${i}`);
  writeFileSync(file, `openId,name\n${rows.join("\n")}\n`);
  const texts = [
    "--variant",
    "A:50%=Dear {{name}},1",
    "--variant",
    "B:30%={{{{b,2",
    "--variant",
    "C={{name}}!,3",
  ];
  const line = ["t", "--yes", "--json", "--id", "b-1", "--to-file", file, ...texts, "--concurrency", "6"];
  const first = start((options) => run(line, { ...options, ...env() }));
  await until(() => recorder.messages.length >= 40);
  first.signal("SIGINT");
  expect((await first.done).code).toBe(130);
  const done = document(await resume("b-1", [], env()));
  expect(done.outcomes.sent).toBe(200);
  for (let i = 0; i < 200; i++) {
    const own = { A: [`Dear name ${i}`, "1"], B: ["{{b", "2"], C: [`name ${i}!`, "3"] };
    const name = variantOf(`u${i}`) as keyof typeof own;
    expect(recorder.textsOf(`u${i}`), name).toEqual([{ keywords: own[name] }]);
  }
  await checkVariants(done);
});

test("a record of an older version, without variants, is read as ever", async () => {
  await giveUsers(world, 3);
  const line = ["t", "--yes", "--json", "--id", "b-2", "--keywords", "x,y"];
  const result = await run(line, env());
  expect(document(result)).not.toHaveProperty("variants");
  expect(await show("b-2")).not.toHaveProperty("variants");
  const lines = (await run(["recipients", "b-2", "--json"])).lines<ReportLine>();
  expect(lines.map(({ variant }) => variant)).toEqual([null, null, null]);
});
