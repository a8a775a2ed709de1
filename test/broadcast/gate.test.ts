import { expect, test } from "vitest";
import { listAudience } from "../../src/broadcast/audience.ts";
import { Breaker } from "../../src/broadcast/breaker.ts";
import { startBroadcast } from "../../src/broadcast/broadcast.ts";
import { Gate } from "../../src/broadcast/gate.ts";
import { takeInHand } from "../../src/broadcast/in-hand.ts";
import type { MessageSender, SendAnswer } from "../../src/broadcast/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { parseOutage } from "../../src/sandbox/sandbox.ts";
import { drive, engineOptions, MESSAGE, openRunDeps } from "./drive.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  giveCode,
  giveUsers,
  outcomes,
  until,
  useWorld,
} from "./world.ts";

// A token is kept for a tenth of this.
const world = useWorld({ sandbox: { tokenTtlSec: 20, latencyMs: 30 } });

test("tries that find no token leave nobody at the gate when the API is back", async () => {
  await giveUsers(world, 200);
  world.sandbox.setOutage(parseOutage("50:6s"));
  const result = await broadcast(world, ["--concurrency", "32"]);
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, 200);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 200 }) });
}, 40_000);

test("a retry behind workers that are all held up with codes of several uses does not stop the tries", async () => {
  const openIds = ["m0", ...(await giveUsers(world, 1))];
  for (let i = 0; i < 30; i++) await giveCode(world, `m${i}`, `wx20261123120000${i}`, { uses: 3 });
  for (let i = 1; i < 30; i++) openIds.push(`m${i}`);
  world.sandbox.setOutage(parseOutage("1:2s:busy"));
  // Retries wait for 200 ms, and the first try for 100.
  const { deps, close } = await openRunDeps(world, {
    clock: { ...systemClock, random: () => 0.999 },
    concurrency: 4,
  });
  const { result } = await startBroadcast(deps, {
    appid: "wx-sandbox",
    apiBase: world.sandbox.url,
    channel: "wechat-template",
    message: MESSAGE,
    audience: listAudience(openIds),
    engine: engineOptions({ concurrency: 4 }),
  }).finally(close);
  const { status, outcomes } = result;
  expect(status).toBe("finished");
  expect(outcomes.sent + outcomes.unknown).toBe(31);
  expect(outcomes.unknown).toBeLessThan(10);
  expect(world.sandbox.stats().maxPerUser).toBe(1);
}, 40_000);

test("what stands before an API that nobody has met is not asked in a loop", async () => {
  for (let i = 0; i < 6; i++) await giveCode(world, `m${i}`, `wx20261123120000${i}`, { uses: 3 });
  let asked = 0;
  const sender: MessageSender = {
    send: ({ openId }, _token, onAnswer) => {
      if (openId === "") asked++;
      const answer: SendAnswer =
        openId === ""
          ? { class: "quota", errmsg: "HTTP 429 Too Many Requests", waitMs: 1000 }
          : { class: "ambiguous", errmsg: "HTTP 502 Bad Gateway" };
      setTimeout(() => onAnswer(answer), 1);
    },
    close: async () => undefined,
  };
  const { result } = await drive(world, { concurrency: 4, maxOutageMs: 10_000, ports: { sender } });
  expect(result).toMatchObject({ status: "stopped", outcomes: outcomes({}) });
  expect(result.reason).toContain("the API can't be reached");
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(10);
}, 40_000);

test("a stop while no token is to be had puts back what was not sent", async () => {
  const openIds = await giveUsers(world, 200);
  const tried = new Set<string>();
  const sender: MessageSender = {
    send: ({ openId }, _token, onAnswer) => {
      tried.add(openId);
      setTimeout(() => onAnswer({ class: "ambiguous", errcode: -1, errmsg: "busy" }), 20);
    },
    close: async () => undefined,
  };
  let lapsed = false;
  const never = () => new Promise<string>(() => {});
  const tokens = {
    cached: () => (lapsed ? undefined : "TOKEN"),
    current: () => (lapsed ? never() : Promise.resolve("TOKEN")),
    renew: never,
  };
  const { result } = await drive(world, {
    concurrency: 16,
    ports: { sender, tokens },
    onStart: (run) => {
      void until(() => run.breaker.isOpen)
        .then(() => {
          lapsed = true;
          return run.deps.clock.sleep(1000);
        })
        .then(() => run.stop({ status: "interrupted", exit: "sigint", message: "interrupted (SIGINT)" }));
    },
  });
  expect(tried.size).toBeGreaterThan(3);
  expect(result).toMatchObject({ status: "interrupted", open: tried.size });
  expect(await countCodes(world)).toBe(openIds.length - tried.size);
}, 40_000);

test("a try that was still waiting when the API came back and went again is no try any more", async () => {
  const breaker = new Breaker(systemClock, 64);
  const fail = () => {
    while (!breaker.isOpen)
      breaker.failed({ excused: 0, onceOnly: false, isSuspect: false }, { reason: "HTTP 502" }, false);
  };
  const stopping = new AbortController();
  const gate = new Gate({
    breaker,
    signal: stopping.signal,
    deps: { clock: systemClock, tokens: noTokens, sender: noSender },
    options: { maxAttempts: 8 },
    fed: false,
    inHand: { size: 64 },
    inFlight: 0,
    stop: () => {},
    changed: () => {},
  });
  breaker.answered();
  fail();
  const recipient = takeInHand({ openId: "u", formId: "f", expireMs: 0, multiUse: false, attempt: 1 });
  const openings = await gate.enter(recipient);
  // A late answer to an earlier request, and more failures, while the try waits for its turn.
  breaker.answered();
  fail();
  gate.leave(openings);
  expect(await gate.enter(recipient)).toBe(2);
  stopping.abort();
});

const noTokens = { cached: () => "TOKEN", current: async () => "TOKEN", renew: async () => "TOKEN" };
const noSender: MessageSender = { send: () => {}, close: async () => undefined };
