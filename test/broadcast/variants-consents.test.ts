import { beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { assignVariants } from "../../src/broadcast/variants.ts";
import { type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { useRecorder } from "../helpers/recorder.ts";
import { giveConsents, TEMPLATE, tell, usersBy } from "./receipts.ts";
import { setFaults, useWorld } from "./world.ts";

const world = useWorld();
const recorder = useRecorder(() => world.sandbox.url);
const USERS = 80;

/** `push-cli broadcast ...`; the fault of a lost answer is the sandbox's own, without a recorder before it. */
function run(argv: string[], { recorded = true } = {}): Promise<CliResult> {
  const env = cliEnv(world.redis.url, recorded ? recorder.url : world.sandbox.url);
  return runCli(["broadcast", ...argv, "--channel", "wechat-subscribe", "--json"], { env });
}

const BY_POSITION = ["--variant", "A=奶茶,10:00,店", "--variant", "B=咖啡,10:00,店"];
const BY_NAME = [
  ...["--field", "time2=10:00", "thing3=店", "--variant", "A", "--variant", "B"],
  ...["--variant-field", "A.thing1=奶茶", "--variant-field", "B.thing1=咖啡"],
];
const SEND = [TEMPLATE, "--id", "b-1", "--yes", "--max-errors", "100%", "--rate", "2000/s"];

const { placeOf } = assignVariants({
  seed: "b-1",
  list: [
    { name: "A", share: 0.5, fields: [] },
    { name: "B", share: 0.5, fields: [] },
  ],
})!;
const TEXTS = ["奶茶", "咖啡"];

describe.each([
  ["values by position", BY_POSITION],
  ["values by name", BY_NAME],
  ["values by name, without the account's templates", [...BY_NAME, "--no-preflight"]],
])("%s", (_, texts) => {
  test("each user's consent goes with the text of the user's variant", async () => {
    await giveConsents(world, USERS);
    const result = await run([...SEND, ...texts]);
    expect(result.code, result.stderr).toBe(0);
    const { variants = [] } = result.json<BroadcastResult>();
    const users = Array.from({ length: USERS }, (_, i) => `u${i}`);
    const count = (place: number) => users.filter((openId) => placeOf(openId) === place).length;
    expect(variants.map(({ outcomes: { sent } }) => sent)).toEqual([count(0), count(1)]);
    for (const openId of users)
      expect(new Set(recorder.textsOf(openId).flatMap(({ keywords }) => keywords))).toEqual(
        new Set([TEXTS[placeOf(openId)], "10:00", "店"]),
      );
    expect(recorder.messages).toHaveLength(USERS);
  });
});

test("a variant that is too long is cut with --truncate, and refused without, by its name", async () => {
  await giveConsents(world, 30);
  const long = "字".repeat(27);
  const texts = ["--variant", "A=奶茶,10:00,店", "--variant", `B=${long},10:00,店`];
  const refused = await run([...SEND, ...texts]);
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stderr).error.message).toBe(
    `variant B: thing1 '${long}' has 27 characters; at most 20`,
  );
  expect(recorder.messages).toEqual([]);
  const result = await run([...SEND, ...texts, "--truncate"]);
  expect(result.code, result.stderr).toBe(0);
  const got = new Set(recorder.messages.map(({ data }) => Object.values(data)[0]!.value));
  expect(got).toEqual(new Set(["奶茶", `${"字".repeat(17)}...`]));
});

describe("of lost answers that receipts tell of", () => {
  let unknown: string[];
  const byVariant = async () => {
    const lists = [
      await usersBy(world, "sent"),
      await usersBy(world, "rejected"),
      await usersBy(world, "unknown"),
    ];
    return [0, 1].map((place) => {
      const [sent, rejected, left] = lists.map((list) => list.filter((one) => placeOf(one) === place).length);
      return { sent, rejected, unknown: left };
    });
  };
  const told = (result: Pick<CliResult, "json">) =>
    result.json<BroadcastResult>().variants?.map(({ outcomes: { sent, rejected, unknown: left } }) => {
      return { sent, rejected, unknown: left };
    });
  const plain = { recorded: false };

  beforeEach(async () => {
    await giveConsents(world, USERS);
    setFaults(world, "reset-after:25");
    const first = await run([...SEND, ...BY_POSITION, "--concurrency", "4"], plain);
    setFaults(world);
    unknown = await usersBy(world, "unknown");
    expect(unknown.length).toBeGreaterThan(4);
    expect(told(first)).toEqual(await byVariant());
  });

  test("totals go by them, in the dry run, in resume and after it", async () => {
    const [failed = "", left = "", ...others] = unknown;
    await tell(world, failed, "failed");
    for (const openId of others) await tell(world, openId);
    const dry = await run(["resume", "b-1", "--wait-receipts", "0s", "--dry-run"], plain);
    const done = await run(["resume", "b-1", "--wait-receipts", "0s", "--yes"], plain);
    expect([done.code, done.json<BroadcastResult>().outcomes]).toMatchObject([
      8,
      { sent: USERS - 2, rejected: 1, unknown: 1 },
    ]);
    expect(await usersBy(world, "unknown")).toEqual([left]);
    const expected = await byVariant();
    expect(told(dry)).toEqual(expected);
    expect(told(done)).toEqual(expected);
    for (const more of [[], ["--exact"]])
      expect(told(await run(["show", "b-1", ...more], plain))).toEqual(expected);
  });

  test("a run that receives them after its sends counts them too", async () => {
    for (const openId of unknown) await tell(world, openId);
    const done = await run(["resume", "b-1", "--retry-unknown", "--yes"], plain);
    expect(done.code, done.stderr).toBe(0);
    expect(told(done)).toEqual(await byVariant());
    expect(told(await run(["show", "b-1"], plain))).toEqual(await byVariant());
  });
});
