import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { TEMPLATES } from "../sandbox/api.ts";
import { outcomes, setFaults, until, useWorld } from "./world.ts";

const world = useWorld();
const TEMPLATE = TEMPLATES.activity;
const FIELDS = ["--field", "thing1=奶茶买一送一", "time2=2026-11-27 10:00", "thing3=人民广场店"];
const CHANNEL = ["--channel", "wechat-subscribe"];
const AT = 1_780_000_000_000;

const poolOf = (openId: string, template = TEMPLATE) => `mina:consent:{${openId}}:${template}`;
const entryOf = (id: string, more = "") => `{"consent":"${id}","at":${AT}${more}}`;

async function give(openId: string, count = 1, template = TEMPLATE): Promise<void> {
  world.sandbox.registerConsents([{ openId, templateId: template, count }]);
  const entries = Array.from({ length: count }, (_, i) => entryOf(`${openId}-${i}`));
  if (count > 0) await world.redis.client.rpush(poolOf(openId, template), ...entries);
}

async function giveAll(count: number, each = 1): Promise<void> {
  for (let i = 0; i < count; i++) await give(`u${i}`, each);
}

function send(...more: string[]): Promise<CliResult> {
  return sendOf(TEMPLATE, FIELDS, ...more);
}

function sendOf(template: string, fields: string[], ...more: string[]): Promise<CliResult> {
  const args = ["broadcast", template, ...fields, "--channel", "wechat-subscribe", "--yes", "--json"];
  return runCli([...args, "--rate", "2000/s", ...more], { env: cliEnv(world.redis.url, world.sandbox.url) });
}

function resume(id: string, ...more: string[]): Promise<CliResult> {
  const args = ["broadcast", "resume", id, "--channel", "wechat-subscribe", "--yes", "--json"];
  return runCli([...args, ...more], { env: cliEnv(world.redis.url, world.sandbox.url) });
}

const entries = (openId: string) => world.redis.client.lrange(poolOf(openId), 0, -1);
const deliveries = () => world.sandbox.stats().subscribe.byTemplate[TEMPLATE];

describe("a broadcast takes one consent of each user", () => {
  test("and sends one message with it", async () => {
    await giveAll(30, 2);
    const result = await send();
    expect(result.code, result.stderr).toBe(0);
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ sent: 30 }),
      codes: { spent: 30, expired: 0, refused: 0, released: 0 },
    });
    expect(deliveries()).toMatchObject({ delivered: 30, users: 30, maxPerUser: 1 });
    // The oldest goes, the other one stays.
    expect(await entries("u7")).toEqual([entryOf("u7-1")]);
    expect(world.sandbox.stats().subscribe.lastMessage).toMatchObject({
      data: { thing1: { value: "奶茶买一送一" } },
      lang: "zh_CN",
      miniprogram_state: "formal",
    });
  });

  test("of other forms as well, beside what it does not understand", async () => {
    await give("u0");
    const other = `{ "at": ${AT}, "consent": "u1-x" }`;
    world.sandbox.registerConsents([{ openId: "u1", templateId: TEMPLATE, count: 1 }]);
    await world.redis.client.rpush(poolOf("u1"), "garbage", other, "more");
    const result = await send();
    expect(result.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 2 }));
    expect(await entries("u1")).toEqual(["garbage", "more"]);
  });

  test("that stands and stays, but once a broadcast", async () => {
    const bus = TEMPLATES.bus;
    world.sandbox.registerConsents([{ openId: "u0", templateId: bus, count: 1 }]);
    await world.redis.client.rpush(poolOf("u0", bus), entryOf("s", ',"standing":true'));
    const dryRun = await runCli(["template", "show", bus, "--channel", "wechat-subscribe", "--json"], {
      env: cliEnv(world.redis.url, world.sandbox.url),
    });
    const { fields } = dryRun.json<{ fields: { name: string; example?: string }[] }>();
    const values = ["--field", ...fields.map(({ name, example }) => `${name}=${example}`)];
    for (const id of ["b-1", "b-2"]) {
      const result = await sendOf(bus, values, "--id", id);
      expect(result.json<BroadcastResult>().outcomes, result.stderr).toEqual(outcomes({ sent: 1 }));
    }
    expect(await world.redis.client.lrange(poolOf("u0", bus), 0, -1)).toHaveLength(1);
    expect(world.sandbox.stats().subscribe.byTemplate[bus]).toMatchObject({ delivered: 2 });
  });
});

describe("a standing consent", () => {
  const standing = (id: string) => entryOf(id, ',"standing":true');
  const exact = async (id: string) => {
    const args = ["broadcast", "show", id, "--exact", "--json", ...CHANNEL];
    const result = await runCli(args, { env: cliEnv(world.redis.url, world.sandbox.url) });
    return result.json<BroadcastResult>();
  };
  const put = async (openId: string, ...pool: string[]) => {
    world.sandbox.registerConsents([{ openId, templateId: TEMPLATE, count: pool.length }]);
    await world.redis.client.rpush(poolOf(openId), ...pool);
  };

  test("goes before those that are used up, wherever it stands", async () => {
    const pools = {
      u0: [entryOf("u0-a"), entryOf("u0-b"), standing("u0-s")],
      u1: [standing("u1-s"), entryOf("u1-a")],
      u2: ["garbage", entryOf("u2-a"), `{ "standing": true, "at": ${AT}, "consent": "u2-s" }`],
    };
    for (const [openId, pool] of Object.entries(pools)) await put(openId, ...pool);
    await give("u3");
    const dry = await send("--dry-run");
    expect(dry.json()).toMatchObject({ outcomes: { sent: 4 }, codes: { spent: 1 } });
    const result = await send("--id", "b-1");
    const counts = { outcomes: outcomes({ sent: 4 }), codes: { spent: 1, refused: 0, released: 0 } };
    expect(result.json<BroadcastResult>()).toMatchObject(counts);
    expect(await exact("b-1")).toMatchObject({ codes: { spent: 1 } });
    for (const [openId, pool] of Object.entries(pools)) expect(await entries(openId)).toEqual(pool);
  });

  test("is not spent by what is unknown, nor by a retry, and nothing is put back", async () => {
    await put("u0", standing("s"));
    await give("u1");
    setFaults(world, "busy:100");
    const first = await send("--id", "b-1", "--max-errors", "9999");
    expect(first.json<BroadcastResult>()).toMatchObject({ outcomes: { unknown: 2 }, codes: { spent: 1 } });
    setFaults(world);
    const again = await resume("b-1", "--retry-unknown");
    const counts = { outcomes: { sent: 2 }, codes: { spent: 1, released: 0 } };
    expect(again.json<BroadcastResult>()).toMatchObject(counts);
    for (const more of [[], ["--exact"]]) {
      const args = ["broadcast", "show", "b-1", "--json", ...CHANNEL, ...more];
      const shown = await runCli(args, { env: cliEnv(world.redis.url, world.sandbox.url) });
      expect(shown.json()).toMatchObject({ codes: { spent: 1 } });
    }
    setFaults(world, "day-quota:100");
    const stopped = await send("--id", "b-2");
    expect(stopped.json<BroadcastResult>()).toMatchObject({ codes: { spent: 0, released: 0 } });
    expect(await entries("u0")).toEqual([standing("s")]);
  });

  test("that is refused counts once", async () => {
    await put("u0", standing("s"));
    world.sandbox.withdrawConsents("u0", [TEMPLATE]);
    const result = await send();
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: { rejected: 1 },
      codes: { spent: 0, refused: 1 },
    });
    expect(await entries("u0")).toEqual([]);
  });
});

test("a consent that the platform refuses (43101) clears the user's pool, once", async () => {
  await giveAll(20);
  world.sandbox.withdrawConsents("u3", [TEMPLATE]);
  await world.redis.client.rpush(poolOf("u3"), "garbage", entryOf("u3-1"), entryOf("u3-2"));
  const result = await send("--id", "b-1");
  const counts = { outcomes: outcomes({ sent: 19, rejected: 1 }), codes: { spent: 19, refused: 3 } };
  expect(result.json<BroadcastResult>()).toMatchObject(counts);
  expect(await entries("u3")).toEqual(["garbage"]);
  // Counted from the ledgers, the one that was tried is not spent either.
  const env = cliEnv(world.redis.url, world.sandbox.url);
  const shown = await runCli(["broadcast", "show", "b-1", "--exact", "--json", ...CHANNEL], { env });
  expect(shown.json<BroadcastResult>()).toMatchObject({ codes: counts.codes });
});

describe("an attempt whose outcome is not known", () => {
  test.each(["reset", "reset-after", "5xx-after", "garbage-after", "busy-delivered"])(
    "is not repeated after %s: unknown",
    async (fault) => {
      await giveAll(40, 2);
      setFaults(world, `${fault}:20`);
      const result = await send();
      const hit = world.sandbox.stats().faults[fault] ?? 0;
      expect(hit).toBeGreaterThan(0);
      expect(result.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 40 - hit, unknown: hit }));
      expect(deliveries()).toMatchObject({ maxPerUser: 1 });
      expect(await entries("u1"), "no second consent is spent on it").toEqual([entryOf("u1-1")]);
    },
  );

  test("and what surely was not sent goes back as it was", async () => {
    await giveAll(10);
    setFaults(world, "day-quota:100");
    const result = await send("--id", "b-1");
    expect(result.code).toBe(9);
    for (let i = 0; i < 10; i++) expect(await entries(`u${i}`)).toEqual([entryOf(`u${i}-0`)]);
    world.sandbox.reset();
    for (let i = 0; i < 10; i++)
      world.sandbox.registerConsents([{ openId: `u${i}`, templateId: TEMPLATE, count: 1 }]);
    setFaults(world);
    expect((await resume("b-1")).json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 10 }));
  });
});

test("two templates to the same users at once: one message to a user at a time, and nobody is left out", async () => {
  await giveAll(60);
  for (let i = 0; i < 60; i++) await give(`u${i}`, 1, TEMPLATES.order);
  const shown = await runCli(
    ["template", "show", TEMPLATES.order, "--channel", "wechat-subscribe", "--json"],
    {
      env: cliEnv(world.redis.url, world.sandbox.url),
    },
  );
  const { fields } = shown.json<{ fields: { name: string; example?: string }[] }>();
  const values = ["--field", ...fields.map(({ name, example }) => `${name}=${example}`)];
  const both = await Promise.all([send(), sendOf(TEMPLATES.order, values)]);
  for (const result of both)
    expect(result.json<BroadcastResult>().outcomes, result.stderr).toEqual(outcomes({ sent: 60 }));
  for (const template of [TEMPLATE, TEMPLATES.order])
    expect(world.sandbox.stats().subscribe.byTemplate[template]).toMatchObject({
      delivered: 60,
      maxPerUser: 1,
    });
});

describe("--no-pool", () => {
  test("sends to listed users, each once a broadcast, and touches no pool", async () => {
    for (const openId of ["a1", "a2"])
      world.sandbox.registerConsents([{ openId, templateId: TEMPLATE, count: 2 }]);
    await give("a1");
    const result = await send("--no-pool", "--to", "a1", "a2", "a3", "a1", "--id", "b-1");
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ sent: 2, rejected: 1 }),
      codes: { spent: 0, expired: 0, refused: 0, released: 0 },
    });
    expect(await entries("a1")).toEqual([entryOf("a1-0")]);
    expect((await resume("b-1")).code, "nothing is left to do").not.toBe(0);
    expect(deliveries()).toMatchObject({ delivered: 2, maxPerUser: 1 });
  });

  test("needs to be told whom, and a channel of consents", async () => {
    expect(await send("--no-pool")).toMatchObject({ code: 2 });
    const codes = await runCli(["broadcast", "t", "--no-pool", "--to", "a", "--no-keywords", "--yes"], {
      env: cliEnv(world.redis.url, world.sandbox.url),
    });
    expect(codes.code).toBe(2);
    expect(codes.stderr).toContain("--no-pool does not apply to wechat-template messages");
  });
});

test("answers that come too late leave unknown what was delivered, and nobody is sent to again", async () => {
  await giveAll(50);
  setFaults(world, "slow:100");
  const running = runCli(
    [
      ...["broadcast", TEMPLATE, ...FIELDS, "--channel", "wechat-subscribe", "--yes", "--json"],
      ...["--id", "b-1", "--concurrency", "5", "--rate", "2000/s", "--timeout", "300ms"],
    ],
    { env: cliEnv(world.redis.url, world.sandbox.url) },
  );
  await until(() => world.sandbox.stats().delivered >= 5);
  setFaults(world);
  const result = (await running).json<BroadcastResult>();
  const { sent, unknown } = result.outcomes;
  expect(sent + unknown).toBe(50);
  expect(deliveries()).toMatchObject({ delivered: 50, maxPerUser: 1 });
});
