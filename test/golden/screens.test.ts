import { beforeAll, describe, expect, it } from "vitest";
import { parseFault } from "../../src/sandbox/sandbox.ts";
import { useWorld } from "../commands/world.ts";
import { plainEntry } from "../helpers/redis.ts";
import { TEMPLATES } from "../sandbox/api.ts";
import { expectGolden } from "./golden.ts";
import { lookAt, render, TERMINALS, tooWide } from "./screens.ts";

const world = useWorld();

const HOUR_MS = 3_600_000;
const openId = (name: string) => `o${name.padEnd(27, "x")}`;
const [ALICE, BOB, CAROL] = [openId("Alice"), openId("Bob"), openId("Carol")];
const KEYWORDS = ["--keywords", "订单 42 📦,已发货,上海市浦东新区世纪大道 100 号,4006-123-456"];
const SEND = ["broadcast", TEMPLATES.order, ...KEYWORDS, "--page", "pages/order?id=42", "--id", "order-42"];

const DAY_MS = 24 * HOUR_MS;
/** Not on the edge of an hour. */
const THREE_DAYS_MS = 72.2 * HOUR_MS;
/** The same day whatever the hour. */
const noonInThreeDays = () => Math.floor(Date.now() / DAY_MS) * DAY_MS + 3.5 * DAY_MS;

/** What real pools hold: good codes, an expired one, and what nobody can read. */
async function fillPools(later = Date.now() + THREE_DAYS_MS): Promise<void> {
  await fillTwo(later);
  await world.redis.push(ALICE, plainEntry("f-alice-1", later), plainEntry("f-alice-2", later));
}

/** With one who can be reached, where it matters who comes first, which is chance. */
async function fillTwo(later?: number): Promise<void> {
  await fillBob(later);
  await world.redis.push(CAROL, Buffer.from("看不懂的东西 📦").toString("latin1"));
}

async function fillBob(later = Date.now() + THREE_DAYS_MS): Promise<void> {
  await world.redis.push(BOB, plainEntry("f-bob-1", later), plainEntry("f-old", 1_568_000_000_000));
}

async function fault(text: string): Promise<void> {
  world.sandbox.setFaults([parseFault(text)]);
}

/** A broadcast that was sent, with the times that it has in three days. */
async function sent(): Promise<void> {
  await fillTwo();
  await world.cli([...SEND, "--yes"]);
  const key = "mina:broadcast:order-42";
  const record = await world.redis.client.hgetall(key);
  const startedAtMs = Date.now() - THREE_DAYS_MS;
  const result = JSON.parse(record.result ?? "{}");
  await world.redis.client.hset(key, {
    startedAtMs,
    finishedAtMs: startedAtMs + 1500,
    result: JSON.stringify({ ...result, durationMs: 1500, sentPerSecond: 2 }),
  });
  const field = Object.keys(record).find((name) => name.startsWith("run:")) ?? "";
  const run = { ...JSON.parse(record[field] ?? "{}"), pid: 4711, sinceMs: startedAtMs, elapsedMs: 1500 };
  await world.redis.client.hset(key, { [field]: JSON.stringify(run) });
  await world.redis.client.zadd("mina:broadcasts", startedAtMs, "order-42");
}

/** A broadcast that begins in two days and some hours, unless it is cancelled. */
async function scheduled(): Promise<void> {
  await fillPools();
  await world.cli([...SEND, ...IN_TWO_DAYS, "--yes"]);
}

const IN_TWO_DAYS = ["--at", "+3015m", "--no-wait"];
const CAMPAIGN = ["--cap", "1/24h", "--holdout", "5%", "--canary", "1"];
const SUPPRESS = ["suppress", "add", ALICE, "--reason", "退订 📦", "--for", "80h"];

async function suppressed(): Promise<void> {
  await fillPools();
  await world.cli(SUPPRESS);
}

interface Screen {
  argv: string[];
  code: number;
  given?(): Promise<unknown>;
  typed?: string;
}

const SUBSCRIBE = ["--channel", "wechat-subscribe"];

const SCREENS: Record<string, Screen> = {
  "broadcast-question": { argv: SEND, code: 11, given: fillPools, typed: "n\n" },
  "broadcast-question-warning": {
    argv: ["broadcast", TEMPLATES.order, "--keywords", "订单 42，已发货,上海，4006"],
    code: 11,
    given: fillPools,
    typed: "n\n",
  },
  "broadcast-dry-run": { argv: [...SEND, "--dry-run"], code: 0, given: fillTwo },
  "broadcast-sent": { argv: [...SEND, "--yes"], code: 0, given: fillPools },
  "broadcast-partial": {
    argv: [...SEND, "--yes", "--concurrency", "1"],
    code: 8,
    given: () => fillPools().then(() => fault("errcode-88801:100")),
  },
  "broadcast-stopped": {
    argv: [...SEND, "--yes", "--concurrency", "1"],
    code: 9,
    given: () => fillBob().then(() => fault("errcode-47003:100")),
  },
  "broadcast-twice": { argv: [...SEND, "--yes"], code: 10, given: sent },
  "broadcast-list": { argv: ["broadcast", "list"], code: 0, given: sent },
  "broadcast-show": { argv: ["broadcast", "show", "order-42"], code: 0, given: sent },
  "broadcast-show-full": { argv: ["broadcast", "show", "order-42", "--full"], code: 0, given: sent },
  "broadcast-watch": { argv: ["broadcast", "watch", "order-42"], code: 0, given: sent },
  "broadcast-recipients": { argv: ["broadcast", "recipients", "order-42"], code: 0, given: sent },
  "broadcast-scheduled": { argv: [...SEND, ...IN_TWO_DAYS, "--yes"], code: 0, given: fillPools },
  "broadcast-list-scheduled": { argv: ["broadcast", "list"], code: 0, given: scheduled },
  "broadcast-show-scheduled": { argv: ["broadcast", "show", "order-42"], code: 0, given: scheduled },
  "broadcast-cancel-scheduled": {
    argv: ["broadcast", "cancel", "order-42", "--yes"],
    code: 0,
    given: scheduled,
  },
  "broadcast-run-due": { argv: ["broadcast", "run-due"], code: 0, given: scheduled },
  "broadcast-question-campaign": {
    argv: [...SEND, ...CAMPAIGN],
    code: 11,
    given: () => fillPools().then(() => world.cli(["suppress", "add", CAROL])),
    typed: "n\n",
  },
  "broadcast-dry-run-variants": {
    argv: [
      ...["broadcast", TEMPLATES.order, "--id", "order-42", "--seed", "s", "--dry-run"],
      ...["--variant", "A:70%=订单 42,已发货,上海,4006", "--variant", "B=订单 42 📦,在路上,上海,4006"],
    ],
    code: 0,
    given: fillTwo,
  },
  "suppress-add": { argv: SUPPRESS, code: 0, given: fillPools },
  "suppress-list": { argv: ["suppress", "list"], code: 0, given: suppressed },
  "suppress-remove": { argv: ["suppress", "remove", ALICE, openId("Dave")], code: 0, given: suppressed },
  "suppress-import": {
    argv: ["suppress", "import"],
    code: 2,
    typed: `${ALICE},投诉,\n订单 📦,退订,\n`,
  },
  "pool-list": { argv: ["pool", "list", "--sort", "valid"], code: 0, given: fillPools },
  "pool-show": { argv: ["pool", "show", ALICE], code: 0, given: fillPools },
  "pool-show-unreadable": { argv: ["pool", "show", CAROL], code: 0, given: fillPools },
  "pool-stats": { argv: ["pool", "stats"], code: 0, given: () => fillPools(noonInThreeDays()) },
  "pool-import": {
    argv: ["pool", "import"],
    code: 8,
    typed: `${ALICE},f-1,${Date.now() + THREE_DAYS_MS}\n${BOB},f-old,1568000000000\n订单 📦\n`,
  },
  "pool-remove": { argv: ["pool", "remove", ALICE], code: 0, given: fillPools, typed: "y\n" },
  purge: { argv: ["purge"], code: 0, given: fillPools },
  "token-show": { argv: ["token", "show"], code: 0, given: () => world.cli(["token", "refresh"]) },
  "template-list": { argv: ["template", "list", ...SUBSCRIBE], code: 0 },
  "template-show": { argv: ["template", "show", TEMPLATES.activity, ...SUBSCRIBE], code: 0 },
  channels: { argv: ["channels"], code: 0 },
  "config-show": { argv: ["config", "show"], code: 0 },
  "error-command": { argv: ["brodcast"], code: 2 },
  "error-no-broadcast": { argv: ["broadcast", "show", "订单-42"], code: 3, given: sent },
  "error-option": { argv: ["pool", "list", "--format", "cvs"], code: 2 },
  "error-keywords": { argv: ["broadcast", TEMPLATES.order, "--yes"], code: 2, given: fillPools },
};

describe.each(Object.entries(SCREENS))("the screen %s", (name, screen) => {
  const looks: { code: number; wide: string[]; file: string }[] = [];

  beforeAll(async () => {
    for (const terminal of TERMINALS) {
      await world.redis.client.flushall();
      world.sandbox.reset();
      await screen.given?.();
      const looked = await lookAt(screen.argv, terminal, { env: world.env, typed: screen.typed ?? "" });
      const file = render(looked, terminal);
      looks.push({ code: looked.code, wide: tooWide(looked, terminal), file });
    }
  });

  it("fits into 80 and 120 columns", () => {
    expect(looks.map(({ code }) => code)).toEqual(TERMINALS.map(() => screen.code));
    expect(looks.flatMap(({ wide }) => wide)).toEqual([]);
  });

  it("is the one that was reviewed", () => {
    expectGolden(`screens/${name}.txt`, looks.map(({ file }) => file).join("\n"));
  });
});
