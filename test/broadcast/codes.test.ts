import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry } from "../helpers/redis.ts";
import {
  broadcast,
  checkBooks,
  giveCode,
  giveUsers,
  HOUR_MS,
  ledgers,
  outcomes,
  setFaults,
  useWorld,
} from "./world.ts";

const world = useWorld();
const SOON = Date.now() + HOUR_MS;

/** Uses a code up as somebody else would, with a token of their own. */
async function useBehindOurBack({ url }: Sandbox, openId: string, formId: string): Promise<void> {
  const post = async (path: string, body: unknown) =>
    (await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) })).json() as Promise<
      Record<string, unknown>
    >;
  const { access_token: token } = await post("/cgi-bin/stable_token", {
    grant_type: "client_credential",
    appid: "wx-sandbox",
    secret: "sandbox-secret",
  });
  const message = { touser: openId, template_id: "other", form_id: formId, data: {} };
  const answer = await post(`/cgi-bin/message/wxopen/template/send?access_token=${token}`, message);
  expect(answer.errcode).toBe(0);
}

describe("a code that somebody else has used (41029)", () => {
  test("is dropped, and the user's next one taken", async () => {
    await giveUsers(world, 30, { codes: 3 });
    for (let i = 0; i < 10; i++) await useBehindOurBack(world.sandbox, `u${i}`, `u${i}-a`);
    for (let i = 0; i < 5; i++) await useBehindOurBack(world.sandbox, `u${i}`, `u${i}-b`);
    const result = await broadcast(world);
    expect(result.code, result.stderr).toBe(0);
    const document = result.json<BroadcastResult>();
    expect(document).toMatchObject({
      outcomes: outcomes({ sent: 30 }),
      codes: { spent: 30, refused: 15, expired: 0, released: 0 },
      errors: [{ errcode: 41029, count: 15 }],
      open: 0,
    });
    const { deliveriesByUser } = world.sandbox.stats();
    expect(deliveriesByUser).toMatchObject({ u0: 3, u7: 2, u20: 1 });
    expect(await world.redis.entries("u0")).toEqual([]);
    expect(await world.redis.entries("u7")).toEqual([expect.stringContaining("u7-c")]);
    expect(await world.redis.entries("u20")).toHaveLength(2);
  });

  test("and was the user's last leaves the user without a message: no_code", async () => {
    await giveUsers(world, 4, { codes: 2 });
    for (const code of ["a", "b"]) await useBehindOurBack(world.sandbox, "u1", `u1-${code}`);
    const result = await broadcast(world, ["--id", "b-1"]);
    expect(result.code).toBe(0);
    expect(result.json<BroadcastResult>()).toMatchObject({
      recipients: 4,
      outcomes: outcomes({ sent: 3, no_code: 1 }),
      codes: { spent: 3, refused: 2 },
    });
    expect((await ledgers(world)).get("u1")).toBe("no_code");
    expect(await world.redis.entries("u1")).toEqual([]);
  });

  test("costs only its own code, not the entries around it", async () => {
    const used = plainEntry("used", SOON);
    const odd = ["¬", '{"formId":"the formId is a mock one","expire":9999999999999}'];
    await world.redis.push("u0", odd[0]!, used, odd[1]!);
    world.sandbox.registerCodes([{ openId: "u0", formId: "used", expire: SOON }]);
    await useBehindOurBack(world.sandbox, "u0", "used");
    await giveCode(world, "u0", "good");
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 1 }));
    expect(await world.redis.entries("u0")).toEqual(odd);
  });
});

describe("a code that the platform does not take (41028)", () => {
  test("because it is another user's is dropped, and the next one taken", async () => {
    await giveUsers(world, 2);
    await world.redis.client.lpush("mina:openid:u0", plainEntry("u1-a", SOON));
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ sent: 2 }),
      codes: { spent: 2, refused: 1 },
      errors: [{ errcode: 41028, count: 1 }],
    });
  });

  test("whatever the code: every user runs out, all codes are accounted for", async () => {
    await giveUsers(world, 20, { codes: 2 });
    setFaults(world, "errcode-41028:100");
    const result = await broadcast(world);
    const document = await checkBooks(world, result, 40);
    expect(document).toMatchObject({
      status: "finished",
      outcomes: outcomes({ no_code: 20 }),
      codes: { spent: 0, refused: 40 },
    });
    expect(world.sandbox.stats().delivered).toBe(0);
  });
});

describe("what stands before the valid code", () => {
  const garbage = '{"formId":"the formId is a mock one","expire":9999999999999}';
  const failed = '{"formId":"requestFormId:fail deny","expire":9999999999999}';
  const java = "\u00ac\u00ed\u0000\u0005t\u0000\u0004abcd";

  test("expired goes, unreadable and garbage stay as they are", async () => {
    const kept = [garbage, "", java, "[]", '{"formId":"f"}', failed, '{"expire":1568000000000}', "null"];
    const expired = [plainEntry("old-1", 1_568_000_000_000), '{"formId":"old-2","expire":1568000000}'];
    await world.redis.push("u0", kept[0]!, expired[0]!, ...kept.slice(1, 5), expired[1]!, ...kept.slice(5));
    await giveCode(world, "u0", "good-1");
    await giveCode(world, "u0", "good-2");
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ sent: 1 }),
      codes: { spent: 1, expired: 2, refused: 0 },
    });
    expect(world.sandbox.stats().lastMessage?.form_id).toBe("good-1");
    expect(await world.redis.entries("u0")).toEqual([...kept, expect.stringContaining("good-2")]);
  });

  test("beyond what one call may look at is passed too, by every user", async () => {
    const filler = Array.from({ length: 900 }, (_, i) => (i % 2 ? garbage : `${java}${i}`));
    for (let i = 0; i < 6; i++) {
      await world.redis.push(`deep${i}`, ...filler);
      await giveCode(world, `deep${i}`, `deep${i}-a`);
    }
    await giveUsers(world, 20);
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 26 }));
    for (let i = 0; i < 6; i++) expect(await world.redis.entries(`deep${i}`)).toEqual(filler);
  });

  test("and nothing behind it: no_code, and the pool as it was but for what expired", async () => {
    await world.redis.push("u0", garbage, plainEntry("old", 1_568_000_000_000), java);
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ no_code: 1 }),
      codes: { expired: 1, spent: 0 },
    });
    expect(await world.redis.entries("u0")).toEqual([garbage, java]);
  });

  test.each([
    ["Jackson", '["com.example.FormTemplateVO",{"formId":"F","expire":EXPIRE}]'],
    ["Spring", '{"@class":"com.example.FormTemplateVO","formId":"F","expire":["java.lang.Long",EXPIRE]}'],
    ["FastJson", '{"@type":"com.example.FormTemplateVO","expire":EXPIREL,"formId":"F"}'],
    ["twice serialized", '"{\\"formId\\":\\"F\\",\\"expire\\":EXPIRE}"'],
    ["other names", '{"fromId":"F","expire_time":EXPIRE}'],
  ])("an entry of %s is sent with, and back byte for byte when it was not", async (_, form) => {
    const entry = form.replace("F\\", "form-1\\").replace('"F"', '"form-1"').replace("EXPIRE", String(SOON));
    world.sandbox.registerCodes([{ openId: "u0", formId: "form-1", expire: SOON }]);
    await world.redis.push("u0", entry, "odd");
    setFaults(world, "withdrawn:100");
    expect((await broadcast(world)).code).toBe(9);
    expect(await world.redis.entries("u0")).toEqual([entry, "odd"]);
    setFaults(world);
    expect((await broadcast(world)).json<BroadcastResult>().outcomes).toEqual(outcomes({ sent: 1 }));
    expect(await world.redis.entries("u0")).toEqual(["odd"]);
  });

  test("a whole list in one entry gives one code and keeps the rest", async () => {
    const list = (names: string[]) => JSON.stringify(names.map((formId) => ({ formId, expire: SOON })));
    for (const formId of ["a", "b", "c"]) {
      world.sandbox.registerCodes([{ openId: "u0", formId, expire: SOON }]);
    }
    await world.redis.push("u0", list(["a", "b", "c"]));
    expect((await broadcast(world)).json<BroadcastResult>().outcomes.sent).toBe(1);
    expect(await world.redis.entries("u0")).toEqual([list(["b", "c"])]);
    setFaults(world, "withdrawn:100");
    await broadcast(world);
    expect(await world.redis.entries("u0"), "put back into its place").toEqual([list(["b", "c"])]);
  });
});

describe("codes with several uses", () => {
  const prepay = (i: number) => `wx2026112312000000${String(i).padStart(4, "0")}`;
  const givePrepays = async (count: number) => {
    for (let i = 0; i < count; i++) await giveCode(world, `u${i}`, prepay(i), { uses: 3, expire: SOON });
  };
  const left = (i: number, uses: number) => JSON.stringify({ formId: prepay(i), expire: SOON, uses });

  test("give one use; the others stay", async () => {
    await givePrepays(20);
    const result = await broadcast(world);
    expect(result.json<BroadcastResult>()).toMatchObject({
      outcomes: outcomes({ sent: 20 }),
      codes: { spent: 20 },
    });
    for (let i = 0; i < 20; i++) expect(await world.redis.entries(`u${i}`)).toEqual([left(i, 2)]);
    await broadcast(world);
    await broadcast(world);
    expect(await world.redis.pools()).toEqual({});
    expect(world.sandbox.stats()).toMatchObject({ delivered: 60, maxPerUser: 3, codesUsed: 20 });
  });

  test.each(["busy", "busy-delivered", "5xx-after", "reset", "reset-after", "garbage-after", "truncated"])(
    "are not sent with again after %s: unknown, exit 8",
    async (fault) => {
      await givePrepays(30);
      setFaults(world, `${fault}:30`);
      const result = await broadcast(world);
      const document = result.json<BroadcastResult>();
      const stats = world.sandbox.stats();
      const hit = stats.faults[fault]!;
      expect(hit).toBeGreaterThan(0);
      expect(result.code).toBe(8);
      expect(document.outcomes).toEqual(outcomes({ sent: 30 - hit, unknown: hit }));
      expect(document.codes).toMatchObject({ spent: 30, released: 0 });
      expect(stats.maxPerUser, "nobody twice").toBe(1);
      expect(stats.requests, "one request each, and the token").toBe(31);
      for (let i = 0; i < 30; i++) expect(await world.redis.entries(`u${i}`)).toEqual([left(i, 2)]);
    },
  );

  test("that were surely not sent with are back as they were", async () => {
    await givePrepays(10);
    setFaults(world, "withdrawn:100");
    expect((await broadcast(world)).code).toBe(9);
    for (let i = 0; i < 10; i++) expect(await world.redis.entries(`u${i}`)).toEqual([left(i, 3)]);
  });

  test("a prepay_id without uses counts for one, and is not sent with again either", async () => {
    await giveCode(world, "u0", prepay(0));
    setFaults(world, "reset-after:100");
    // Nothing here ever answered like the API, so it is nobody's outcome yet.
    const first = await broadcast(world, ["--id", "b-1"]);
    expect(first.code).toBe(7);
    expect(first.json<BroadcastResult>()).toMatchObject({
      status: "stopped",
      open: 1,
      outcomes: outcomes({}),
    });
    setFaults(world);
    const second = await runCli(["broadcast", "resume", "b-1", "--json", "--yes"], {
      env: cliEnv(world.redis.url, world.sandbox.url),
    });
    expect(second.json<BroadcastResult>().outcomes).toEqual(outcomes({ unknown: 1 }));
    expect(world.sandbox.stats()).toMatchObject({ delivered: 1, faults: { "reset-after": 5 } });
    expect(await world.redis.pools()).toEqual({});
  });
});
