// @vitest-environment jsdom
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type Example, openExample } from "../client/example.ts";
import { useProject } from "../client/mini-program.ts";
import { makePhone, type Phone } from "../client/phone.ts";
import { useBuiltCli } from "./built-cli.ts";
import { TEMPLATE, useWorld } from "./world.ts";

/** One-time, of the sandbox's account. */
const ACTIVITY = "Qm7cT0wVnE2sKxj4ZB9rLd5uYhPoA1iG8fXeR3bN6kM";
const USER = "oAlice0000000000000000000001";
const DAY_MS = 86_400_000;
const SESSIONS = "secret-of-the-sessions-0123456789";
const CALLBACK = { token: "tokenOfTheCallback", aesKey: "aB3".padEnd(43, "x") };
/** The sandbox and the tests keep the true time while a phone's clock is off. */
const trueNow = Date.now;

const cli = useBuiltCli({
  PUSH_CLI_COLLECTOR_SECRET: SESSIONS,
  PUSH_CLI_CALLBACK_TOKEN: CALLBACK.token,
  PUSH_CLI_CALLBACK_AES_KEY: CALLBACK.aesKey,
});
const world = useWorld(cli, { acceptAny: false, now: trueNow });
const project = useProject("src/client/example");
let collectorUrl: string;
let phone: Phone;
let codes = 0;

beforeAll(async () => {
  const collector = cli.start(["collector", "--listen", "127.0.0.1:0"]);
  await collector.shows(/listening on http/);
  collectorUrl = /listening on (http\S+);/.exec(collector.stderr)?.[1] ?? "";
  stopCollector = async () => {
    collector.child.kill("SIGTERM");
    const { code, stdout, stderr } = await collector.done;
    expect(code, stderr).toBe(0);
    // Its log has a line for each report, and nothing in it that others must not know.
    expect(stdout).toContain('"/codes"');
    for (const secret of [SESSIONS, CALLBACK.token, CALLBACK.aesKey, USER, "Bearer"])
      expect(stdout + stderr).not.toContain(secret);
  };
});

let stopCollector = async () => {};
afterAll(() => stopCollector());

beforeEach(() => {
  phone = makePhone(USER, world.sandbox.url);
  // Where the example says what went wrong.
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

afterEach(() => {
  phone.kill();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const open = () => openExample(project, phone, { collectorUrl, templateIds: [ACTIVITY] });

/** A tap for which the platform gives a code. */
async function order(example: Example, openId = USER): Promise<string> {
  const formId = `16000000000${String(++codes).padStart(2, "0")}`;
  world.sandbox.registerCodes([{ openId, formId, expire: trueNow() + 7 * DAY_MS }]);
  await example.order(formId);
  return formId;
}

interface Entry {
  formId: string;
  expire: number;
}

async function pool(openId = USER): Promise<Entry[]> {
  return (await world.redis.entries(openId)).map((entry) => JSON.parse(entry));
}

const formIds = async () => (await pool()).map(({ formId }) => formId);
const isReported = (example: Example) =>
  expect.poll(() => example.app.collector.pending()).toEqual({ codes: 0, reports: 0 });

it("a tap becomes a code in the pool, and the code a message", async () => {
  const example = open();
  const formId = await order(example);
  expect(example.page.data).toMatchObject({ orders: 1, pending: { codes: 1 } });
  // Goes along with the app's own next request.
  example.app.request({ url: `${collectorUrl}/healthz` });
  await isReported(example);
  expect(await formIds()).toEqual([formId]);
  const argv = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b1", "--json"];
  const { code, stdout, stderr } = await cli.run(argv);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ recipients: 1, outcomes: { sent: 1 } });
  expect(world.sandbox.stats().deliveriesByUser).toEqual({ [USER]: 1 });
  expect(await formIds()).toEqual([]);
  // What a client that heard nothing of it would do: the code does not come back.
  example.app.collector.add(formId);
  await example.app.collector.flush();
  expect(await formIds()).toEqual([]);
});

it("consents: prompt -> report and event, paired -> broadcast -> receipt -> show", async () => {
  world.sandbox.setCallback({ url: `${collectorUrl}/callback`, ...CALLBACK, delayMs: 50, twicePercent: 100 });
  const example = open();
  await example.ask();
  await expect.poll(() => example.page.data.answer).toBe("accepted: 1");
  await isReported(example);
  await expect.poll(() => answeredEvents()).toBe(2);
  const consents = () => world.redis.client.llen(`mina:consent:{${USER}}:${ACTIVITY}`);
  expect(await consents(), "one consent, told of three times").toBe(1);
  // The answer of the send is lost: its receipt alone can tell that it arrived.
  world.sandbox.setFaults([{ kind: "reset-after", percent: 100 }]);
  const channel = ["--channel", "wechat-subscribe", "--yes", "--json"];
  const words = ["--keywords", "Half price,10:00,Main St", "--id", "b2"];
  expect((await cli.run(["broadcast", ACTIVITY, ...words, ...channel])).code).toBe(7);
  world.sandbox.setFaults([]);
  const resumed = await cli.run(["broadcast", "resume", "b2", "--wait-receipts", "1m", ...channel]);
  expect(resumed.code, resumed.stderr).toBe(0);
  const shown = await cli.run(["broadcast", "show", "b2", "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ recipients: 1, outcomes: { sent: 1, unknown: 0 } });
  expect(await consents()).toBe(0);
  expect(world.sandbox.stats().subscribe).toMatchObject({ delivered: 1, consents: { left: 0 } });
});

it("a choice that the platform is silent about counts by the report, a refusal does not", async () => {
  phone.isSilent = true;
  const example = open();
  await example.ask();
  await isReported(example);
  const consents = () => world.redis.client.llen(`mina:consent:{${USER}}:${ACTIVITY}`);
  await expect.poll(consents).toBe(1);
  phone.choices = { [ACTIVITY]: "reject" };
  await example.ask();
  await expect.poll(() => example.page.data.answer).toMatch(/^accepted: 0; ./);
  await isReported(example);
  expect(await consents()).toBe(1);
});

it("taps without a network are kept, and come in one report when there is one", async () => {
  phone.fake.network = "offline";
  const example = open();
  const given = [await order(example), await order(example), await order(example)];
  await example.app.collector.flush();
  expect(example.app.collector.pending().codes).toBe(3);
  phone.fake.network = "up";
  // By itself, after its pause.
  await isReported(example);
  expect(await formIds()).toEqual(given);
  expect(phone.answered.filter((line) => line.startsWith("/codes"))).toEqual(["/codes 200"]);
});

it("an app that is killed between taps reports them at its next start", async () => {
  const first = await order(open());
  phone.kill();
  expect(await formIds()).toEqual([]);
  const example = open();
  await isReported(example);
  expect(await formIds()).toEqual([first]);
  const second = await order(example);
  await example.app.collector.flush();
  expect(await formIds()).toEqual([first, second]);
  // One login: the session was stored, too.
  expect(phone.answered.filter((line) => line.startsWith("/login"))).toEqual(["/login 200"]);
});

it("a report whose answer is lost comes again and adds nothing", async () => {
  const example = open();
  // With a session, so that the answer that gets lost is the report's.
  const first = await order(example);
  await example.app.collector.flush();
  const second = await order(example);
  phone.fake.nextNetwork = ["lost"];
  await example.app.collector.flush();
  expect(await formIds(), "taken, but the phone doesn't know").toEqual([first, second]);
  expect(example.app.collector.pending().codes).toBe(1);
  await isReported(example);
  expect(phone.fake.nextNetwork).toEqual([]);
  expect(await formIds()).toEqual([first, second]);
  expect(phone.answered.filter((line) => line === "/codes 200")).toHaveLength(2);
});

it("a code whose report comes again after a broadcast has used it stays used", async () => {
  const example = open();
  const first = await order(example);
  await example.app.collector.flush();
  const second = await order(example);
  phone.fake.nextNetwork = ["lost"];
  await example.app.collector.flush();
  phone.fake.network = "offline";
  expect(await formIds()).toEqual([first, second]);
  for (const id of ["b3", "b4"])
    expect((await cli.run(["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", id])).code).toBe(0);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, codesUsed: 2 });
  phone.fake.network = "up";
  await isReported(example);
  expect(await formIds()).toEqual([]);
});

it.each([
  ["ahead", 365],
  ["behind", -365],
])("a phone whose clock is a year %s has codes of the server's seven days", async (_, days) => {
  vi.useFakeTimers({ toFake: ["Date"], now: trueNow() + days * DAY_MS });
  const example = open();
  const formId = await order(example);
  await example.app.collector.flush();
  vi.useRealTimers();
  const [entry] = await pool();
  expect(entry?.formId).toBe(formId);
  const leftMs = (entry?.expire ?? 0) - trueNow();
  expect(leftMs).toBeLessThanOrEqual(7 * DAY_MS);
  expect(leftMs).toBeGreaterThan(7 * DAY_MS - 600_000);
});

it("a clock that is put right between tap and report makes no code of the future, and loses none", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: trueNow() + 365 * DAY_MS });
  const example = open();
  const formId = await order(example);
  vi.useRealTimers();
  await example.app.collector.flush();
  const [entry] = await pool();
  expect(entry?.formId).toBe(formId);
  expect((entry?.expire ?? 0) - trueNow()).toBeLessThanOrEqual(7 * DAY_MS);
});

function answeredEvents(): number {
  return world.sandbox.stats().subscribe.events.answered;
}
